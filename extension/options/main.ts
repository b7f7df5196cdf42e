import { mount } from 'svelte';
import App from '../../pwa/app/App.svelte';
import { connectFirstParty } from '../first-party.ts';

mount(App, { target: document.body, props: { control: connectFirstParty(), host: 'extension' } });
