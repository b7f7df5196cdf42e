import { mount } from 'svelte';
import App from '../../pwa/app/App.svelte';
import { findPages, say, show } from '../app-pages.ts';
import { connectFirstParty } from '../first-party.ts';
import { visitForCode } from './visit-for-code.ts';

mount(App, {
  target: document.body,
  props: {
    control: connectFirstParty(),
    host: 'extension',
    visitForCode,
    appPages: { find: findPages, say, show },
  },
});
