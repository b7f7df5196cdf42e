import { mount } from 'svelte';
import App from './app/App.svelte';
import { holdSession } from './app/held-session.ts';
import { connectWorker } from './app/worker-connection.ts';

const { control, update, controlled } = connectWorker();
holdSession(navigator.serviceWorker, () => void control.status().catch(() => undefined));
mount(App, {
  target: document.getElementById('app') ?? document.body,
  props: { control, host: 'pwa', update, ready: () => controlled },
});
