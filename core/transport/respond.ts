/**
 * Port -> fetch: a `Request` becomes a call, and its answer a streaming `Response` that looks like one
 * of the network's. Runs in the page's own world (see natives.ts).
 */
import type { Exchange, Outgoing, Sink } from './client.ts';
import type { HeaderList } from './frames.ts';
import { bare, defineValue, exec, getter, method, push } from './natives.ts';

const { Request, Response, ReadableStream, Promise, TypeError, Uint8Array } = globalThis;
const requestUrl = getter(Request.prototype, 'url');
const requestMethod = getter(Request.prototype, 'method');
const requestMode = getter(Request.prototype, 'mode');
const requestBody = getter(Request.prototype, 'body');
const requestSignal = getter(Request.prototype, 'signal');
const requestHeaders = getter(Request.prototype, 'headers');
const readBody = method(Request.prototype, 'arrayBuffer');
const responseHeaders = getter(Response.prototype, 'headers');
const cloneResponse = method(Response.prototype, 'clone');
const forEachHeader = method(Headers.prototype, 'forEach');
const appendHeader = method(Headers.prototype, 'append');
const listen = method(EventTarget.prototype, 'addEventListener');
const unlisten = method(EventTarget.prototype, 'removeEventListener');
const isAborted = getter(AbortSignal.prototype, 'aborted');
const abortReason = getter(AbortSignal.prototype, 'reason');
const enqueue = method(ReadableByteStreamController.prototype, 'enqueue');
const close = method(ReadableByteStreamController.prototype, 'close');
const breakStream = method(ReadableByteStreamController.prototype, 'error');
const byobRequest = getter(ReadableByteStreamController.prototype, 'byobRequest');
const answerByob = method(ReadableStreamBYOBRequest.prototype, 'respond');

/** What the browser's own `fetch` says of a broken network. */
const networkError = (message = 'Failed to fetch') => new TypeError(message);

/** The Request as the transport sends it: its body is read, once, whole. */
export async function toOutgoing(request: Request): Promise<Outgoing> {
  const headers: HeaderList = [];
  forEachHeader(requestHeaders(request), (value, name) => push(headers, [name, value]));
  return bare({
    method: requestMethod(request),
    url: requestUrl(request),
    headers,
    body: requestBody(request) ? new Uint8Array(await readBody(request)) : null,
  });
}

type Send = (call: Outgoing, sink: Sink) => Exchange | undefined;

/** `send` answers a call: the client's own, or one that refuses. */
export function respond(request: Request, send: Send): Promise<Response> {
  const signal = requestSignal(request);
  return new Promise((resolve, reject) => {
    let exchange: Exchange | undefined;
    let body: Body | undefined;
    const finish = () => unlisten(signal, 'abort', onAbort);
    const fail = (reason: unknown) => {
      finish();
      reject(reason);
      body?.fail(reason);
    };
    const onAbort = () => {
      exchange?.abort();
      fail(abortReason(signal));
    };
    if (isAborted(signal)) return fail(abortReason(signal));
    if (requestMode(request) === 'same-origin') return fail(networkError());
    listen(signal, 'abort', onAbort);

    const cancel = () => {
      finish();
      exchange?.abort();
    };
    const run = async () => {
      try {
        const outgoing = await toOutgoing(request);
        if (isAborted(signal)) return;
        exchange = send(outgoing, {
          head(status, statusText, headers) {
            const empty = outgoing.method === 'HEAD' || isNullBody(status);
            body = empty ? undefined : createBody((bytes) => exchange?.taken(bytes), cancel);
            const response = new Response(body?.stream, bare({ status, statusText }));
            const target = responseHeaders(response);
            for (let index = 0; index < headers.length; index += 1) {
              const header = headers[index] as [string, string];
              appendHeader(target, header[0], header[1]);
            }
            resolve(dress(response, outgoing.url));
          },
          data: (bytes) => body?.push(bytes),
          end() {
            finish();
            body?.end();
          },
          fail: () => fail(networkError('network error')),
        });
      } catch (error) {
        // A body that was read already, or whose stream breaks, fails the call as in the browser.
        fail(error);
      }
    };
    void run();
  });
}

const isNullBody = (status: number) => status === 204 || status === 205 || status === 304;

/** What only the network's own responses have. A clone has it too. */
function dress(response: Response, url: string): Response {
  defineValue(response, 'url', exec(/^[^#]*/, url)?.[0]);
  defineValue(response, 'type', 'cors');
  const clone = { clone: () => dress(cloneResponse(response), url) };
  defineValue(response, 'clone', clone.clone);
  return response;
}

interface Body {
  readonly stream: ReadableStream<Uint8Array>;
  push(bytes: Uint8Array): void;
  end(): void;
  fail(reason: unknown): void;
}

interface Queued {
  readonly bytes: Uint8Array;
  next: Queued | undefined;
}

/** A byte stream that tells how much of it was really read: that is the sender's credit. */
function createBody(taken: (bytes: number) => void, cancelled: () => void): Body {
  let controller: ReadableByteStreamController;
  let first: Queued | undefined;
  let last: Queued | undefined;
  let wanted = false;
  let ended = false;

  const deliver = (bytes: Uint8Array) => {
    wanted = false;
    const size = bytes.byteLength;
    enqueue(controller, bytes as Uint8Array<ArrayBuffer>);
    taken(size);
  };
  const finish = () => {
    close(controller);
    // A reader that brought its own buffer waits for an answer, even if it is "nothing".
    const waiting = byobRequest(controller);
    if (waiting) answerByob(waiting, 0);
  };

  const source = bare({
    type: 'bytes' as const,
    start(created: ReadableByteStreamController) {
      controller = created;
    },
    pull() {
      wanted = true;
      if (!first) return;
      const { bytes } = first;
      first = first.next;
      deliver(bytes);
      if (!first && ended) finish();
    },
    cancel: cancelled,
  });
  const stream = new ReadableStream(
    source,
    bare({ highWaterMark: 0 }),
  ) as ReadableStream<Uint8Array>;

  return bare({
    stream,
    push(bytes: Uint8Array) {
      if (bytes.byteLength === 0) return;
      if (wanted) return deliver(bytes);
      const queued: Queued = bare({ bytes, next: undefined });
      if (first && last) last.next = queued;
      else first = queued;
      last = queued;
    },
    end() {
      ended = true;
      if (!first) finish();
    },
    fail(reason: unknown) {
      first = undefined;
      breakStream(controller, reason);
    },
  });
}
