import type { Component } from 'svelte';
import type { Route } from './route.ts';
import Chat from '../screens/chat/Chat.svelte';

/** What every screen gets. A screen renders exactly one `h1`; the shell focuses it on navigation. */
export interface ScreenProps {
  route: Route;
}

/** A screen that reads nothing of its route takes no props. */
type Screen = Component<ScreenProps> | Component;

export interface RouteRow {
  /** Shown in the title: `Keys · Gatehouse`. */
  readonly title: string;
  /** Chat is the home and part of the first load; the other screens come when they are wanted. */
  readonly component?: Screen;
  readonly load?: () => Promise<{ default: Screen }>;
}

export const ROUTES: Readonly<Record<string, RouteRow>> = Object.freeze({
  chat: { title: 'Chat', component: Chat },
  keys: { title: 'Keys', load: () => import('../screens/keys/Keys.svelte') },
  models: { title: 'Models', load: () => import('../screens/models/Models.svelte') },
  sites: { title: 'Sites', load: () => import('../screens/sites/Sites.svelte') },
  usage: { title: 'Usage', load: () => import('../screens/usage/Usage.svelte') },
  logs: { title: 'Request log', load: () => import('../screens/log/Log.svelte') },
  settings: { title: 'Settings', load: () => import('../screens/settings/Settings.svelte') },
  transfer: {
    title: 'Import and export',
    load: () => import('../screens/transfer/Transfer.svelte'),
  },
  'set-aside': {
    title: 'Entries that cannot be read',
    load: () => import('../screens/set-aside/SetAside.svelte'),
  },
  about: { title: 'About', load: () => import('../screens/about/About.svelte') },
  welcome: { title: 'Welcome', load: () => import('../screens/welcome/Welcome.svelte') },
});
