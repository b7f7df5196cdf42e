import { mount } from 'svelte';
import App from './app/App.svelte';
import { lendModel } from './app/lend-model.ts';
import { holdSession } from './app/held-session.ts';
import { handOverCode, visitForCode } from './app/visit-for-code.ts';
import { connectWorker } from './app/worker-connection.ts';

const { control, update, controlled } = connectWorker();
holdSession(navigator.serviceWorker, () => void control.status().catch(() => undefined));
lendModel(navigator.serviceWorker);
handOverCode();
mount(App, {
  target: document.getElementById('app') ?? document.body,
  props: { control, host: 'pwa', update, ready: () => controlled, visitForCode },
});
