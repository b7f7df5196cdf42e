import { mount } from 'svelte';
import App from '../../pwa/app/App.svelte';
import { connectFirstParty } from '../first-party.ts';
import { visitForCode } from './visit-for-code.ts';

mount(App, {
  target: document.body,
  props: { control: connectFirstParty(), host: 'extension', visitForCode },
});
