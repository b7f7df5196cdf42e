/** The one thing to do about each error, beside trying again. Its sentences come with it. */
export interface ErrorAction {
  readonly label: string;
  /** A route of ours; absent: the model picker. */
  readonly route?: string;
}

const PICK_MODEL: ErrorAction = { label: 'Choose another model' };
const KEYS: ErrorAction = { label: 'Open Keys', route: 'keys' };

const ACTIONS: Readonly<Record<string, ErrorAction>> = Object.freeze({
  model_not_found: PICK_MODEL,
  no_provider_key: { label: 'Add a key', route: 'keys' },
  key_refused: { label: 'Replace the key', route: 'keys' },
  all_routes_failed: PICK_MODEL,
  upstream_timeout: PICK_MODEL,
  bad_upstream: KEYS,
  context_length_exceeded: PICK_MODEL,
  local_unreachable: KEYS,
  provider_error: PICK_MODEL,
  rate_limited: PICK_MODEL,
  vault_locked: { label: 'Open Settings', route: 'settings' },
});

/** What stands first where the browser itself knows that there is no network. */
export const OFFLINE = 'No internet. Models on this computer and the echo model still work.';

export function actionFor(code: string): ErrorAction | undefined {
  return Object.hasOwn(ACTIONS, code) ? ACTIONS[code] : undefined;
}

/** Our messages end with where they are explained: `(docs#code)` is for a log, not for a screen. */
export function toSentences(message: string): string {
  return message.replace(/\s*\(docs#[a-z_]+\)\s*$/, '');
}
