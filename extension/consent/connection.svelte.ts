import {
  CONSENT_PORT,
  type FromPage,
  type Prompt,
  type ToPage,
  type UnlockPrompt,
} from './protocol.ts';

export interface ConsentConnection {
  readonly prompts: readonly Prompt[];
  /** Calls wait for the unlock. */
  readonly unlock: UnlockPrompt | undefined;
  /** The background answered at least once. */
  readonly ready: boolean;
  /** The background died, and with it every call that waited. */
  readonly lost: boolean;
  send(message: FromPage): void;
}

export function connectConsent(): ConsentConnection {
  let prompts = $state.raw<readonly Prompt[]>([]);
  let unlock = $state.raw<UnlockPrompt>();
  let ready = $state(false);
  let lost = $state(false);
  const port = chrome.runtime.connect({ name: CONSENT_PORT });
  port.onMessage.addListener((message: ToPage) => {
    prompts = message.prompts;
    unlock = message.unlock;
    ready = true;
  });
  port.onDisconnect.addListener(() => (lost = true));
  return {
    get prompts() {
      return prompts;
    },
    get unlock() {
      return unlock;
    },
    get ready() {
      return ready;
    },
    get lost() {
      return lost;
    },
    send(message) {
      if (!lost) port.postMessage(message);
    },
  };
}
