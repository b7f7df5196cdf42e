import { mount } from 'svelte';
import { connectControl } from '../control.ts';
import PopupPage from './PopupPage.svelte';

mount(PopupPage, { target: document.body, props: { control: connectControl() } });
