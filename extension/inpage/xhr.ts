/**
 * `XMLHttpRequest` for the virtual origin (axios and older SDKs use it). An object that was opened
 * with another URL runs through the browser's own functions; one that was opened with ours keeps its
 * state here, and its events are dispatched on it in the order of the standard.
 * Source: xhr.spec.whatwg.org. Not covered: `responseType` "document" (null), synchronous calls (refused).
 */
import type { Client, Exchange } from '../../core/transport/client.ts';
import type { HeaderList } from '../../core/transport/frames.ts';
import { bare, getter, method, push } from '../../core/transport/natives.ts';
import { toOutgoing } from '../../core/transport/respond.ts';
import { isVirtual } from './virtual.ts';
import { pass, wrap } from './wrap.ts';

const { XMLHttpRequest, WeakMap, Request, Headers, Blob, DOMException, ProgressEvent, Event } =
  globalThis;
const { setTimeout, clearTimeout } = globalThis;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { parse } = JSON;
const prototype = XMLHttpRequest.prototype;
const dispatch = method(EventTarget.prototype, 'dispatchEvent');
const nativeAbort = method(prototype, 'abort');
const responseType = getter(prototype, 'responseType');
const timeoutOf = getter(prototype, 'timeout');
const uploadOf = getter(prototype, 'upload');
const decode = method(TextDecoder.prototype, 'decode');
const setBytes = method(Uint8Array.prototype, 'set');
const getHeader = method(Headers.prototype, 'get');
const appendHeader = method(Headers.prototype, 'append');
const forEachHeader = method(Headers.prototype, 'forEach');
const lowerCase = method(String.prototype, 'toLowerCase');
const requestMethod = getter(Request.prototype, 'method');
const requestUrl = getter(Request.prototype, 'url');

const OPENED = 1;
const HEADERS_RECEIVED = 2;
const LOADING = 3;
const DONE = 4;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a method of any shape
type Method = (...all: any[]) => unknown;

interface State {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Headers;
  readyState: number;
  sent: boolean;
  /** Counts up with each open and abort, so that what belongs to an older call is dropped. */
  turn: number;
  exchange?: Exchange;
  timer?: ReturnType<typeof setTimeout>;
  /** Bytes of the request's body, until all have arrived. */
  uploading: number;
  status: number;
  statusText: string;
  headers: Headers;
  chunks: Uint8Array[];
  loaded: number;
  total: number;
  decoder: TextDecoder;
  text: string;
  mime?: string;
  /** What `response` is once the answer is whole. */
  result?: { value: unknown };
}

export function patchXhr(send: Client['send']): void {
  const states = new WeakMap<object, State>();
  const find = method(WeakMap.prototype, 'get') as (
    map: typeof states,
    key: object,
  ) => State | undefined;
  const keep = method(WeakMap.prototype, 'set');
  const forget = method(WeakMap.prototype, 'delete');
  const stateOf = (self: unknown) =>
    typeof self === 'object' && self !== null ? find(states, self) : undefined;

  type Methods = {
    [K in keyof XMLHttpRequest]: XMLHttpRequest[K] extends Method ? K : never;
  }[keyof XMLHttpRequest];
  function patch<K extends Methods>(
    name: K,
    detour: (
      xhr: XMLHttpRequest,
      state: State,
      all: Parameters<XMLHttpRequest[K]>,
    ) => ReturnType<XMLHttpRequest[K]>,
  ): void {
    const native = prototype[name] as (
      ...all: Parameters<XMLHttpRequest[K]>
    ) => ReturnType<XMLHttpRequest[K]>;
    const patched = wrap(native, (_native, self, all) => {
      const state = stateOf(self);
      return state ? detour(self as XMLHttpRequest, state, all) : pass(native, self, all);
    });
    prototype[name] = patched as XMLHttpRequest[K];
  }

  function patchGetter<K extends keyof XMLHttpRequest>(
    name: K,
    read: (state: State, xhr: XMLHttpRequest) => XMLHttpRequest[K],
  ): void {
    const descriptor = getOwnPropertyDescriptor(prototype, name);
    if (!descriptor?.get) return;
    const get = wrap(descriptor.get as () => XMLHttpRequest[K], (native, self, all) => {
      const state = stateOf(self);
      return state ? read(state, self as XMLHttpRequest) : pass(native, self, all);
    });
    const { set } = descriptor;
    defineProperty(prototype, name, bare({ get, set, enumerable: true, configurable: true }));
  }

  prototype.open = wrap(prototype.open as (...all: unknown[]) => void, (native, self, all) => {
    const old = stateOf(self);
    if (all.length < 2 || !(self instanceof XMLHttpRequest) || !isVirtual(all[1])) {
      pass(native, self, all);
      if (old) {
        drop(old);
        forget(states, self as object);
      }
      return;
    }
    if (all.length > 2 && !all[2]) {
      throw new DOMException('Gatehouse answers no synchronous requests.', 'InvalidAccessError');
    }
    // Checks and normalises the method as the browser does.
    const request = new Request(all[1] as string, bare({ method: all[0] as string }));
    if (old) drop(old);
    else nativeAbort(self);
    const state = createState(requestMethod(request), requestUrl(request));
    keep(states, self, state);
    if (old?.readyState !== OPENED) readyState(self, state, OPENED);
  });

  patch('setRequestHeader', (_xhr, state, all) => {
    requireOpen(state);
    appendHeader(state.requestHeaders, all[0], all[1]);
  });

  patch('overrideMimeType', (_xhr, state, all) => {
    if (state.readyState >= LOADING) throw invalidState();
    state.mime = all[0];
  });

  patch('getResponseHeader', (_xhr, state, all) => getHeader(state.headers, all[0]));

  patch('getAllResponseHeaders', (_xhr, state) => {
    let text = '';
    forEachHeader(state.headers, (value, name) => {
      text += `${name}: ${value}\r\n`;
    });
    return text;
  });

  patch('abort', (xhr, state) => {
    const running =
      state.sent || state.readyState === HEADERS_RECEIVED || state.readyState === LOADING;
    drop(state);
    if (running) fail(xhr, state, 'abort');
    if (state.readyState === DONE) state.readyState = 0;
  });

  patch('send', (xhr, state, all) => {
    requireOpen(state);
    state.sent = true;
    const turn = (state.turn += 1);
    const bodyless = state.method === 'GET' || state.method === 'HEAD';
    const body = bodyless ? null : all[0];
    const live = () => state.turn === turn;
    const timeout = timeoutOf(xhr);
    if (timeout > 0) {
      state.timer = setTimeout(() => {
        if (!live()) return;
        drop(state);
        fail(xhr, state, 'timeout');
      }, timeout);
    }
    void run();

    async function run(): Promise<void> {
      try {
        const request = new Request(
          state.url,
          bare({
            method: state.method,
            headers: state.requestHeaders,
            body: body as BodyInit,
            duplex: 'half',
          }),
        );
        const reading = toOutgoing(request);
        progress(xhr, 'loadstart', 0, 0);
        const outgoing = await reading;
        if (!live()) return;
        state.uploading = outgoing.body ? outgoing.body.byteLength : 0;
        if (state.uploading > 0) upload(xhr, 'loadstart', 0, state.uploading);
        if (!live()) return;
        state.exchange = send(outgoing, {
          head(status, statusText, headers) {
            if (!live()) return;
            uploaded(xhr, state);
            if (!live()) return;
            receiveHead(state, status, statusText, headers);
            readyState(xhr, state, HEADERS_RECEIVED);
          },
          data(bytes) {
            state.exchange?.taken(bytes.byteLength);
            if (live()) receiveData(xhr, state, bytes);
          },
          end: () => live() && finish(xhr, state),
          fail: () => live() && fail(xhr, state, 'error'),
        });
        if (!live()) state.exchange.abort();
      } catch {
        // A body that can not be read.
        if (live()) fail(xhr, state, 'error');
      }
    }
  });

  patchGetter('readyState', (state) => state.readyState);
  patchGetter('status', (state) => state.status);
  patchGetter('statusText', (state) => state.statusText);
  patchGetter('responseURL', (state) =>
    state.readyState >= HEADERS_RECEIVED && state.status > 0 ? state.url : '',
  );
  patchGetter('responseText', (state, xhr) => {
    const type = responseType(xhr);
    if (type !== '' && type !== 'text') {
      throw new DOMException(`The object's 'responseType' is '${type}'.`, 'InvalidStateError');
    }
    return state.text;
  });
  patchGetter('response', (state, xhr) => {
    const type = responseType(xhr);
    if (type === '' || type === 'text') return state.text;
    if (state.readyState !== DONE || state.status === 0) return null;
    state.result ??= { value: toResult(state, type) };
    return state.result.value;
  });
}

function createState(method: string, url: string): State {
  return bare<State>({
    method,
    url,
    requestHeaders: new Headers(),
    readyState: 0,
    sent: false,
    turn: 0,
    uploading: 0,
    status: 0,
    statusText: '',
    headers: new Headers(),
    chunks: [],
    loaded: 0,
    total: 0,
    decoder: new TextDecoder(),
    text: '',
    exchange: undefined,
    timer: undefined,
    mime: undefined,
    result: undefined,
  });
}

/** Ends what runs, without an event. */
function drop(state: State): void {
  state.turn += 1;
  clearTimeout(state.timer);
  state.exchange?.abort();
}

function receiveHead(state: State, status: number, statusText: string, headers: HeaderList): void {
  state.status = status;
  state.statusText = statusText;
  for (let index = 0; index < headers.length; index += 1) {
    const header = headers[index] as [string, string];
    appendHeader(state.headers, header[0], header[1]);
  }
  state.total = +(getHeader(state.headers, 'content-length') ?? 0);
}

function receiveData(xhr: XMLHttpRequest, state: State, bytes: Uint8Array): void {
  state.loaded += bytes.byteLength;
  const type = responseType(xhr);
  if (type === '' || type === 'text') {
    state.text += decode(state.decoder, bytes as Uint8Array<ArrayBuffer>, bare({ stream: true }));
  } else {
    push(state.chunks, bytes);
  }
  const { turn } = state;
  readyState(xhr, state, LOADING);
  if (state.turn === turn) progress(xhr, 'progress', state.loaded, state.total);
}

function finish(xhr: XMLHttpRequest, state: State): void {
  const { turn } = state;
  const live = () => state.turn === turn;
  clearTimeout(state.timer);
  state.text += decode(state.decoder);
  state.sent = false;
  readyState(xhr, state, DONE);
  if (live()) progress(xhr, 'load', state.loaded, state.total);
  if (live()) progress(xhr, 'loadend', state.loaded, state.total);
}

/** The standard's "request error steps". */
function fail(xhr: XMLHttpRequest, state: State, type: 'abort' | 'error' | 'timeout'): void {
  const { uploading } = state;
  clearTimeout(state.timer);
  state.turn += 1;
  state.sent = false;
  state.uploading = 0;
  state.status = 0;
  state.statusText = '';
  state.text = '';
  state.chunks = [];
  state.headers = new Headers();
  readyState(xhr, state, DONE);
  if (uploading > 0) {
    upload(xhr, type, 0, 0);
    upload(xhr, 'loadend', 0, 0);
  }
  progress(xhr, type, 0, 0);
  progress(xhr, 'loadend', 0, 0);
}

/** All of the request's body has arrived. */
function uploaded(xhr: XMLHttpRequest, state: State): void {
  const size = state.uploading;
  if (size === 0) return;
  state.uploading = 0;
  upload(xhr, 'progress', size, size);
  upload(xhr, 'load', size, size);
  upload(xhr, 'loadend', size, size);
}

function toResult(state: State, type: XMLHttpRequestResponseType): unknown {
  const bytes = new Uint8Array(state.loaded);
  let offset = 0;
  for (let index = 0; index < state.chunks.length; index += 1) {
    const chunk = state.chunks[index] as Uint8Array;
    setBytes(bytes, chunk, offset);
    offset += chunk.byteLength;
  }
  switch (type) {
    case 'arraybuffer':
      return bytes.buffer;
    case 'blob': {
      const mime = state.mime ?? getHeader(state.headers, 'content-type') ?? '';
      return new Blob([bytes], bare({ type: lowerCase(mime) }));
    }
    case 'json':
      try {
        return parse(decode(new TextDecoder(), bytes));
      } catch {
        return null;
      }
    default:
      return null;
  }
}

function readyState(xhr: XMLHttpRequest, state: State, value: number): void {
  state.readyState = value;
  dispatch(xhr, new Event('readystatechange'));
}

function progress(xhr: XMLHttpRequest, type: string, loaded: number, total: number): void {
  dispatch(xhr, toProgress(type, loaded, total));
}

function upload(xhr: XMLHttpRequest, type: string, loaded: number, total: number): void {
  dispatch(uploadOf(xhr), toProgress(type, loaded, total));
}

function toProgress(type: string, loaded: number, total: number): ProgressEvent {
  const lengthComputable = total > 0;
  return new ProgressEvent(
    type,
    bare({ lengthComputable, loaded, total, bubbles: false, cancelable: false }),
  );
}

function requireOpen(state: State): void {
  if (state.readyState !== OPENED || state.sent) throw invalidState();
}

const invalidState = () =>
  new DOMException("The object's state must be OPENED.", 'InvalidStateError');
