/**
 * What the worker and the pages say to each other about the session store. A web worker's memory goes
 * with the worker; so each open page holds a copy, and no page open means that nothing is left.
 */
export type SessionValues = ReadonlyMap<string, unknown>;

/** Worker to page: the values as they are now. */
export const SESSION = 'session';
/** Worker to page, with a port for the answer: the values that the page holds, from a worker before. */
export const SESSION_ASKED = 'session-asked';
/** Page to worker: a page that has just come holds them too. */
export const SESSION_WANTED = 'session-wanted';

/** The entry that says when the worker wants to be asked for its status. */
export const WAKE_AT = 'wake at';

/** Worker to page, with a port: lend me the browser's own model. */
export const MODEL_ASKED = 'model-asked';
