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
  /** Only in the extension. */
  readonly appPages?: AppPages;
  /** Asks the browser to keep what is stored; the first key and the first chat do. */
  keepStorage(): Promise<void>;
}

/** A page in a tab of this browser that may be the app. */
export interface AppPage {
  readonly documentId: string;
  readonly tabId: number;
  /** As the browser said. */
  readonly origin: string;
}

/** The way from the extension's pages to the app's. */
export interface AppPages {
  /** The pages that asked for Gatehouse; of one origin, or of all. */
  find(origin?: string): Promise<AppPage[]>;
  /** The page's answer; undefined where nothing in it listens. Rejects where it is gone. */
  say(page: AppPage, event: string, said: object): Promise<unknown>;
  /** Brings its tab to the front. */
  show(page: AppPage): Promise<void>;
}

export const [getApp, setApp] = createContext<AppContext>();
