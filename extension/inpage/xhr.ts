/**
 * `XMLHttpRequest` for the virtual origin (axios and older SDKs use it). An object that was opened
 * with another URL runs through the browser's own functions; one that was opened with ours has a call
 * behind it, which fires events on it in the order of the standard.
 * Source: xhr.spec.whatwg.org. Not covered: `responseType` "document" (null), synchronous calls (refused).
 */
import type { Exchange, Send } from '../../core/transport/client.ts';
import { bare, call, hold, keep, read, take } from '../../core/transport/natives.ts';
import type { Responder } from '../../core/transport/respond.ts';
import type { IsVirtual } from './virtual.ts';
import { wrap, type Callable } from './wrap.ts';

const OPENED = 1;
const HEADERS_RECEIVED = 2;
const LOADING = 3;
const DONE = 4;

/** What each patched member does for a call of ours, and two of our own. */
type Members = Record<string, Callable> & Record<'leave' | 'readyState' | 'opened', Callable>;
const MEMBERS =
  'send abort setRequestHeader getResponseHeader getAllResponseHeaders readyState status statusText responseURL responseText response';

export interface XhrEngine {
  /** `open` of the virtual origin. */
  open: XMLHttpRequest['open'];
  /** `open` of another URL: an object that was ours is the browser's again. */
  leave(xhr: object): void;
}

/** Sees each `open`; the engine is made for the first one that is ours, if it is not there yet. */
export function patchXhr(
  isVirtual: IsVirtual,
  engine: () => XhrEngine,
  started: () => XhrEngine | undefined,
): void {
  const { prototype } = XMLHttpRequest;
  wrap(prototype, 'open', (self, all) => {
    if (all.length > 1 && isVirtual(all[1])) return engine().open;
    started()?.leave(self);
    return undefined;
  });
}

export function createXhrEngine(send: Send, { toRequest, toOutgoing }: Responder): XhrEngine {
  const { XMLHttpRequest, Blob, DOMException, ProgressEvent, Event, TextDecoder, Headers } =
    globalThis;
  const { setTimeout, clearTimeout, Uint8Array } = globalThis;
  const { parse } = JSON;
  const ofXhr = take(XMLHttpRequest);
  const ofTarget = take(EventTarget);
  const ofString = take(String);
  const keptDecoder = keep(TextDecoder);
  const keptHeaders = keep(Headers);
  const keptBytes = keep(Object.getPrototypeOf(Uint8Array)) as Uint8Array<ArrayBuffer>;
  const invalidState = () => new DOMException('Wrong state', 'InvalidStateError');
  const calls: WeakMap<WeakKey, Members> = hold(new WeakMap(), keep(WeakMap));

  for (const name of MEMBERS.split(' ')) {
    wrap(XMLHttpRequest.prototype, name, (self) => calls.get(self)?.[name]);
  }

  return {
    leave(xhr: object) {
      calls.get(xhr)?.leave();
      calls.delete(xhr);
    },
    open(this: XMLHttpRequest, method: string, url: string | URL, asynchronous?: unknown) {
      if (asynchronous !== undefined && !asynchronous) {
        throw new DOMException('Synchronous', 'InvalidAccessError');
      }
      // Checks and normalises both as the browser does.
      const request = toRequest(url as string, bare({ method }));
      const before = calls.get(this);
      const wasOpen = before?.readyState() === OPENED;
      if (before) before.leave();
      else call(this, ofXhr, 'abort');
      const created = createCall(this, request.method, request.url);
      calls.set(this, created);
      if (!wasOpen) created.opened();
    },
  };

  function createCall(xhr: XMLHttpRequest, method: string, url: string): Members {
    const requestHeaders = hold(new Headers(), keptHeaders);
    const decoder = hold(new TextDecoder(), keptDecoder);
    let readyState = OPENED;
    /** Sent, and neither over nor dropped. */
    let sent = false;
    let exchange: Exchange | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** Bytes of the request's body, until it has arrived. */
    let uploading = 0;
    let status = 0;
    let statusText = '';
    let headers: Readonly<Record<string, string>> = bare({});
    let text = '';
    let parts: Record<number, Uint8Array> = bare({});
    let count = 0;
    let loaded = 0;
    let result: unknown;
    const responseType = () => read(xhr, ofXhr, 'responseType');
    const isText = () => responseType() === '' || responseType() === 'text';

    function fire(type: string, done = 0, total = 0, target: EventTarget = xhr): void {
      const lengthComputable = total > 0;
      const event = new ProgressEvent(type, bare({ lengthComputable, loaded: done, total }));
      call(target, ofTarget, 'dispatchEvent', event);
    }
    const fireLoaded = (type: string) => fire(type, loaded, +(headers['content-length'] ?? 0));
    const fireUpload = (type: string, done = 0, total = done) =>
      fire(type, done, total, read(xhr, ofXhr, 'upload'));

    function become(state: number): void {
      readyState = state;
      call(xhr, ofTarget as never, 'dispatchEvent', new Event('readystatechange'));
    }

    /** Ends what runs, without an event. */
    function leave(): void {
      sent = false;
      readyState = 0;
      clearTimeout(timer);
      exchange?.abort();
    }

    /** The standard's "request error steps". */
    function fail(type: string): void {
      const wasUploading = uploading > 0;
      leave();
      uploading = status = loaded = count = 0;
      statusText = text = '';
      headers = bare({});
      parts = bare({});
      become(DONE);
      if (wasUploading) {
        fireUpload(type);
        fireUpload('loadend');
      }
      fire(type);
      fire('loadend');
    }

    function head(code: number, words: string, answerHeaders: typeof headers): void {
      const size = uploading;
      uploading = 0;
      if (size > 0) {
        fireUpload('progress', size);
        fireUpload('load', size);
        fireUpload('loadend', size);
      }
      // A listener of the page may have dropped the call, here and below.
      if (!sent) return;
      status = code;
      statusText = words;
      headers = answerHeaders;
      become(HEADERS_RECEIVED);
    }

    function receive(bytes: Uint8Array): void {
      exchange?.taken(bytes.byteLength);
      loaded += bytes.byteLength;
      if (isBinary(responseType())) parts[(count += 1)] = bytes;
      else text += decoder.decode(bytes as Uint8Array<ArrayBuffer>, bare({ stream: true }));
      become(LOADING);
      if (sent) fireLoaded('progress');
    }

    function finish(): void {
      clearTimeout(timer);
      text += decoder.decode();
      sent = false;
      become(DONE);
      if (readyState === DONE) fireLoaded('load');
      if (readyState === DONE) fireLoaded('loadend');
    }

    async function run(body: BodyInit | null): Promise<void> {
      try {
        const request = toRequest(url, bare({ method, headers: requestHeaders, body }));
        fire('loadstart');
        const outgoing = await toOutgoing(request);
        if (!sent) return;
        uploading = outgoing.body ? outgoing.body.byteLength : 0;
        if (uploading > 0) fireUpload('loadstart', 0, uploading);
        if (sent) exchange = send(outgoing, { head, data: receive, end: finish, fail: onBroken });
      } catch {
        // A body that can not be read.
        if (sent) onBroken();
      }
    }
    const onBroken = () => fail('error');

    function requireOpen(): void {
      if (readyState !== OPENED || sent) {
        throw invalidState();
      }
    }

    return bare<Members>({
      leave,
      opened: () => become(OPENED),
      setRequestHeader(name: string, value: string) {
        requireOpen();
        requestHeaders.append(name, value);
      },
      send(body?: BodyInit | null) {
        requireOpen();
        sent = true;
        const timeout = read(xhr, ofXhr, 'timeout');
        if (timeout > 0) timer = setTimeout(() => fail('timeout'), timeout);
        const bodyless = method === 'GET' || method === 'HEAD';
        void run(bodyless ? null : (body ?? null));
      },
      abort() {
        if (sent) fail('abort');
        if (readyState === DONE) readyState = 0;
      },
      getResponseHeader: (name: string) =>
        headers[call(name, ofString as never, 'toLowerCase')] ?? null,
      getAllResponseHeaders() {
        let lines = '';
        for (const name in headers) lines += `${name}: ${headers[name]}\r\n`;
        return lines;
      },
      readyState: () => readyState,
      status: () => status,
      statusText: () => statusText,
      responseURL: () => (status > 0 ? url : ''),
      responseText() {
        if (isText()) return text;
        throw invalidState();
      },
      response() {
        if (isText()) return text;
        if (readyState !== DONE || status === 0) return null;
        return (result ??= toResult(responseType()));
      },
    });

    function toResult(type: string): unknown {
      if (type === 'json') {
        try {
          return parse(text);
        } catch {
          return null;
        }
      }
      if (!isBinary(type)) return null;
      const bytes = hold(new Uint8Array(loaded), keptBytes);
      let offset = 0;
      for (let index = 1; index <= count; index += 1) {
        const part = parts[index] as Uint8Array;
        bytes.set(part, offset);
        offset += part.byteLength;
      }
      if (type === 'arraybuffer') return bytes.buffer;
      return new Blob([bytes.buffer], bare({ type: headers['content-type'] ?? '' }));
    }
  }
}

const isBinary = (type: string) => type === 'blob' || type === 'arraybuffer';
