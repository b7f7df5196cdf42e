import { createContext } from 'svelte';
import type { Change, Control } from '../../core/index.ts';

export type Host = 'extension' | 'pwa';

/** What the shell gives to every screen below it. */
export interface AppContext {
  readonly host: Host;
  readonly control: Control;
  /** Calls `listener` for each change of these topics, in any page or worker of this host. */
  onChange(topics: readonly Change['topic'][], listener: (change: Change) => void): () => void;
  publish(change: Change): void;
  /** Says it in the polite live region. */
  announce(text: string): void;
  /** Resolves when the router hears this page's calls: its worker may still be starting. */
  ready(): Promise<unknown>;
  /**
   * Opens a provider's page, which sends the person back to `callback` with a `code`; resolves with
   * that. Rejects where they closed the page.
   */
  visitForCode(toPage: (callback: string) => string): Promise<string>;
  /** Asks the browser to keep what is stored; the first key and the first chat do. */
  keepStorage(): Promise<void>;
}

export const [getApp, setApp] = createContext<AppContext>();
