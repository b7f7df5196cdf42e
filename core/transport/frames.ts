/**
 * Every message of the transport. A frame is a plain array of fixed length, because the page's end
 * lives in a world where `Object.prototype` may hold anything: a missing property would be found there,
 * a missing element is never looked for. `Uint8Array` crosses as it is (structured clone).
 *
 * No frame carries an origin: who calls is what the browser says of the port's other end.
 */

export type HeaderRecord = Readonly<Record<string, string>>;

/**
 * What crosses as bytes, and what as a Blob. A port copies each byte some four times, 2.5 ms a MB; a
 * Blob crosses as a handle and is read once. Measured with 10 MB: 3.0 times the direct way in pieces of
 * 64 kB, 1.4 times in Blobs. A Blob takes 1 ms longer to read, so a small piece goes as it is.
 */
export const BULK = 128 * 1024;

/** Caller to router. `id` is the caller's own number for the call, never used twice on one document. */
export type ClientFrame =
  /** `again`: the worker died with this call unanswered. */
  | [
      type: 'open',
      id: number,
      again: boolean,
      method: string,
      url: string,
      headers: HeaderRecord,
      body: Uint8Array | Blob | null,
    ]
  /** `bytes` of the answer were taken by the caller's reader: the router may send as many more. */
  | [type: 'ack', id: number, bytes: number]
  | [type: 'abort', id: number];

/** Router to caller. */
export type ServerFrame =
  /** `lastWords` end the body where the worker dies: an error event of a stream. Else the body breaks. */
  | [
      type: 'head',
      id: number,
      status: number,
      statusText: string,
      headers: HeaderRecord,
      lastWords: Uint8Array | null,
    ]
  | [type: 'data', id: number, bytes: Uint8Array]
  | [type: 'bulk', id: number, bytes: Blob]
  | [type: 'end', id: number]
  /** The answer's body broke off. */
  | [type: 'fail', id: number]
  /** Keeps the port's worker from being idle while it waits for a provider. */
  | [type: 'beat', id: 0];

/** The router stops reading a provider while this many bytes are not acknowledged. */
export const WINDOW = 256 * 1024;
/** A caller acknowledges each time it has taken this many: often enough that the router never waits. */
export const ACK_EVERY = 64 * 1024;
export const MAX_BODY = 48 * 1024 * 1024;

const MAX_URL = 16 * 1024;
const MAX_HEADERS = 128;
const METHOD = /^[A-Za-z]{1,16}$/;

/** The frame that a message is, or undefined. Any page can post anything: nothing is taken on trust. */
export function toClientFrame(message: unknown): ClientFrame | undefined {
  if (!Array.isArray(message)) return undefined;
  const [type, id] = message as unknown[];
  if (!isCount(id) || id === 0) return undefined;
  switch (type) {
    case 'open':
      return isOpen(message) ? (message as ClientFrame) : undefined;
    case 'ack':
      return message.length === 3 && isCount(message[2]) ? (message as ClientFrame) : undefined;
    case 'abort':
      return message.length === 2 ? (message as ClientFrame) : undefined;
    default:
      return undefined;
  }
}

function isOpen(message: unknown[]): boolean {
  const [, , again, method, url, headers, body] = message;
  return (
    message.length === 7 &&
    typeof again === 'boolean' &&
    typeof method === 'string' &&
    METHOD.test(method) &&
    typeof url === 'string' &&
    url.length <= MAX_URL &&
    isHeaders(headers) &&
    (body === null || body instanceof Blob || (body instanceof Uint8Array && body.length <= BULK))
  );
}

function isHeaders(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const values = Object.values(headers);
  return values.length <= MAX_HEADERS && values.every((value) => typeof value === 'string');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
