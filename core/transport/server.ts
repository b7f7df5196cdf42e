/**
 * The router's end: frames of one port become calls of the router, its answers become frames. Nothing
 * that comes over the port is trusted; who calls is what the host read from the browser.
 */
import { MAX_BODY, toClientFrame, type ClientFrame, type ServerFrame } from './frames.ts';
import type { Journal } from './journal.ts';
import type { Pace } from './pace.ts';
import type { Port } from './port.ts';
import { createPump, type Pump } from './pump.ts';
import { toLastWords } from './lost.ts';
import { toRefusal, type Refusal } from './refusals.ts';
import type { Caller, HostCall } from '../ports.ts';
import { VIRTUAL_ORIGIN, type Handle } from '../handle.ts';

export interface ServerOptions {
  handle: Handle;
  journal: Journal;
  pace: Pace;
  /** Keeps the worker alive until the returned function is called. */
  keepAlive(): () => void;
  randomId(): string;
}

/** The other end of a port, as the browser says. */
export interface Peer {
  /** The same for every port of one document, and for no other document. */
  readonly document: string;
  /** What CORS headers name, and the journal. */
  readonly origin: string;
  /** Rejects where the caller can't be known for certain: then every call is refused. */
  readonly caller: Promise<Caller>;
}

const BEAT_MS = 15_000;
/** What one document may have under way; a browser itself opens fewer connections to a host. */
const MAX_CALLS = 256;
const MAX_UPLOADS = 3 * MAX_BODY;

type Open = Extract<ClientFrame, [type: 'open', ...unknown[]]>;

interface Job {
  readonly frame: Open;
  /** Bytes of the request's body. */
  readonly size: number;
  readonly controller: AbortController;
  /** Lets the worker sleep. */
  readonly release: () => void;
  pump?: Pump;
}

/** Serves the port until its other end goes away. */
export function serve(port: Port, peer: Peer, options: ServerOptions): void {
  const { handle, journal, pace, keepAlive, randomId } = options;
  const jobs = new Map<number, Job>();
  const known = peer.caller.catch(() => undefined);
  let uploads = 0;
  let beat: ReturnType<typeof setInterval> | undefined;
  const post = (frame: ServerFrame) => port.post(frame);

  port.listen(receive, () => {
    for (const job of [...jobs.values()]) abort(job);
  });

  function receive(message: unknown): void {
    const frame = toClientFrame(message);
    if (!frame) return;
    const job = jobs.get(frame[1]);
    switch (frame[0]) {
      case 'open':
        return job ? undefined : open(frame);
      case 'ack':
        return job?.pump?.acknowledge(frame[2]);
      case 'abort':
        return job && abort(job);
    }
  }

  function open(frame: Open): void {
    const [, id, , , url, , body] = frame;
    if (!isVirtual(url)) return;
    const size = body instanceof Blob ? body.size : (body?.byteLength ?? 0);
    if (size > MAX_BODY) return refuse(id, url, 'too-large');
    if (jobs.size >= MAX_CALLS || uploads + size > MAX_UPLOADS) return refuse(id, url, 'too-many');
    const job: Job = { frame, size, controller: new AbortController(), release: keepAlive() };
    jobs.set(id, job);
    uploads += size;
    beat ??= setInterval(() => post(['beat', 0]), BEAT_MS);
    void answer(job);
  }

  function close(job: Job): void {
    if (!jobs.delete(job.frame[1])) return;
    uploads -= job.size;
    job.release();
    if (jobs.size > 0) return;
    clearInterval(beat);
    beat = undefined;
  }

  function abort(job: Job): void {
    close(job);
    const reason = new DOMException('The page gave up the call', 'AbortError');
    job.controller.abort(reason);
    job.pump?.cancel(reason);
  }

  async function answer(job: Job): Promise<void> {
    const [, id, again, , url] = job.frame;
    const key = `${peer.document} ${id}`;
    const { origin } = peer;
    const { signal } = job.controller;
    try {
      const caller = await known;
      if (!caller) return refuse(id, url, 'not-known');
      if (again && (await journal.mayHaveBeenSent(key))) return refuse(id, url, 'lost');
      const request = toRequest(job);
      const call: HostCall = {
        id: randomId(),
        dispatched: () => journal.dispatched(key, origin),
      };
      const response = await handle(request, caller, call);
      if (signal.aborted) return void response.body?.cancel(signal.reason).catch(() => undefined);
      const { status, statusText, headers, body } = response;
      const lastWords = toLastWords(url, headers);
      post(['head', id, status, statusText, Object.fromEntries(headers), lastWords]);
      if (body) {
        const send = (bytes: Uint8Array | Blob) =>
          post(bytes instanceof Blob ? ['bulk', id, bytes] : ['data', id, bytes]);
        job.pump = createPump(body, send, pace);
        await job.pump.run();
      }
      if (!signal.aborted) post(['end', id]);
    } catch {
      // The router never rejects and its streams say their own errors: this is a fault or an abort.
      if (!signal.aborted) post(['fail', id]);
    } finally {
      journal.done(key);
      close(job);
    }
  }

  /** Answers without asking the router: nothing of the request is read. */
  function refuse(id: number, url: string, refusal: Refusal): void {
    const { status, headers, body } = toRefusal(url, refusal, peer.origin);
    post(['head', id, status, '', headers, null]);
    post(['data', id, new TextEncoder().encode(body)]);
    post(['end', id]);
  }
}

function isVirtual(url: string): boolean {
  return URL.canParse(url) && new URL(url).origin === VIRTUAL_ORIGIN;
}

/** Throws where a header or the method is none. */
function toRequest({ frame, controller }: Job): Request {
  const [, , , method, url, headers, body] = frame;
  return new Request(url, {
    method,
    headers,
    body: body as Uint8Array<ArrayBuffer> | Blob | null,
    signal: controller.signal,
  });
}
