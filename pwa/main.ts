import { mount } from 'svelte';
import App from './app/App.svelte';
import { connectWorker } from './app/worker-connection.ts';

const { control, update, controlled } = connectWorker();
mount(App, {
  target: document.getElementById('app') ?? document.body,
  props: { control, host: 'pwa', update, ready: () => controlled },
});
