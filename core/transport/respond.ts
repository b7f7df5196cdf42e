/**
 * Port -> fetch: a `Request` becomes a call, and its answer a streaming `Response` that looks like one
 * of the network's. Runs in the page's own world, see natives.ts.
 */
import type { Exchange, Outgoing, Send } from './client.ts';
import { bare, call, hold, keep, match, take } from './natives.ts';

export interface Responder {
  /** What `fetch` answers. */
  fetch(input: RequestInfo, init?: RequestInit): Promise<Response>;
  /** The request as the browser makes it: checked, normalised. */
  toRequest(input: RequestInfo, init?: RequestInit): Request;
  /** The request as the transport sends it: its body is read, once, whole. */
  toOutgoing(request: Request): Promise<Outgoing>;
}

export function createResponder(send: Send): Responder {
  const { Request, Response, Promise, TypeError, Uint8Array } = globalThis;
  const { defineProperties } = Object;
  const keptRequest = keep(Request);
  const keptHeaders = keep(Headers);
  const keptSignal = keep(AbortSignal);
  const ofTarget = take(EventTarget);
  const ofResponse = take(Response);
  const createBody = createBodyFactory();

  /** What the browser says of a broken network. */
  const networkError = () => new TypeError('Failed to fetch');
  const toRequest = (input: RequestInfo, init?: RequestInit) =>
    hold(new Request(input, init), keptRequest);

  async function toOutgoing(request: Request): Promise<Outgoing> {
    const { method } = request;
    const url = match(/^[^#]*/, request.url) as string;
    const headers: Record<string, string> = bare({});
    hold(request.headers, keptHeaders).forEach((value, name) => {
      headers[name] = value;
    });
    const body = new Uint8Array(await request.arrayBuffer());
    return { method, url, headers, body: body.byteLength > 0 ? body : null };
  }

  function respond(request: Request): Promise<Response> {
    const signal = hold(request.signal, keptSignal);
    return new Promise((resolve, reject) => {
      let exchange: Exchange | undefined;
      let body: Body | undefined;
      const finish = () => call(signal, ofTarget as never, 'removeEventListener', 'abort', onAbort);
      const fail = (reason: unknown) => {
        finish();
        reject(reason);
        body?.fail(reason);
      };
      const onAbort = () => {
        exchange?.abort();
        fail(signal.reason);
      };
      const cancel = () => {
        finish();
        exchange?.abort();
      };
      const run = async () => {
        try {
          const outgoing = await toOutgoing(request);
          if (signal.aborted) return;
          exchange = send(outgoing, {
            head(status, statusText, headers) {
              // HEAD has one, empty, as the browser's own answer has.
              const bodyless = status === 204 || status === 205 || status === 304;
              body = bodyless ? undefined : createBody((bytes) => exchange?.taken(bytes), cancel);
              const response = new Response(body?.stream, bare({ status, statusText, headers }));
              resolve(dress(response, outgoing.url));
            },
            data: (bytes) => body?.push(bytes),
            end() {
              finish();
              body?.end();
            },
            fail: () => fail(networkError()),
          });
        } catch (error) {
          // A body that was read already, or whose stream breaks, fails the call as in the browser.
          fail(error);
        }
      };
      if (signal.aborted) return onAbort();
      if (request.mode === 'same-origin') return fail(networkError());
      call(signal, ofTarget as never, 'addEventListener', 'abort', onAbort);
      void run();
    });
  }

  /** What only the network's own responses have. A clone has it too. */
  function dress(response: Response, url: string): Response {
    const value = (of: unknown) => bare({ value: of, configurable: true, writable: true });
    const clone = { clone: () => dress(call(response, ofResponse, 'clone'), url) };
    return defineProperties(
      response,
      bare({ url: value(url), type: value('cors'), clone: value(clone.clone) }),
    );
  }

  return {
    fetch: async (input, init) => respond(toRequest(input, init)),
    toRequest,
    toOutgoing,
  };
}

interface Body {
  readonly stream: ReadableStream<Uint8Array>;
  push(bytes: Uint8Array): void;
  end(): void;
  fail(reason: unknown): void;
}

/** Byte streams that tell how much of them was really read: that is the sender's credit. */
function createBodyFactory() {
  const { ReadableStream } = globalThis;
  const keptController = keep(ReadableByteStreamController);
  const keptByob = keep(ReadableStreamBYOBRequest);

  return (taken: (bytes: number) => void, cancel: () => void): Body => {
    let controller: ReadableByteStreamController;
    let queued = 0;
    const source = bare({
      type: 'bytes' as const,
      start(created: ReadableByteStreamController) {
        controller = hold(created, keptController);
      },
      // With a high water mark of one byte, this is called when nothing is left in the queue.
      pull() {
        taken(queued);
        queued = 0;
      },
      cancel,
    });
    const stream = new ReadableStream(source, bare({ highWaterMark: 1 }));
    return {
      stream: stream as ReadableStream<Uint8Array>,
      push(bytes) {
        queued += bytes.byteLength;
        if (bytes.byteLength > 0) controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
      },
      end() {
        controller.close();
        // A reader that brought its own buffer waits for an answer, even if it is "nothing".
        const waiting = controller.byobRequest;
        if (waiting) hold(waiting, keptByob).respond(0);
      },
      fail: (reason) => controller.error(reason),
    };
  };
}
