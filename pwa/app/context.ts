import { createContext } from 'svelte';
import type { Change, Control, GatehouseDatabase } from '../../core/index.ts';

export type Host = 'extension' | 'pwa';

/** What the shell gives to every screen below it. */
export interface AppContext {
  readonly host: Host;
  readonly control: Control;
  /** This page's own connection; opened on the first call. */
  database(): Promise<GatehouseDatabase>;
  /** Calls `listener` for each change of these topics, in any page or worker of this host. */
  onChange(topics: readonly Change['topic'][], listener: (change: Change) => void): () => void;
  publish(change: Change): void;
  /** Says it in the polite live region. */
  announce(text: string): void;
  /** True while an answer streams: an update must wait. */
  busy(): boolean;
}

export const [getApp, setApp] = createContext<AppContext>();

export function getControl(): Control {
  return getApp().control;
}

export function getHost(): Host {
  return getApp().host;
}
