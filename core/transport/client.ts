/**
 * The caller's end: calls go out as frames, answers come back to a sink. It runs in the page's own
 * world, so it uses captured natives and null-prototype records only (see natives.ts).
 */
import { errorHeaders, toErrorEvent, toErrorText, TRUNCATED, type Refusal } from './broken.ts';
import { ACK_EVERY, BULK, type ClientFrame, type HeaderList, type ServerFrame } from './frames.ts';
import { bare, matches, method, toBytes } from './natives.ts';
import type { Port } from './port.ts';

export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array | null;
}

/** Takes one answer: `head` once, then `data`, then `end` or `fail`. Nothing after an abort. */
export interface Sink {
  head(status: number, statusText: string, headers: HeaderList): void;
  data(bytes: Uint8Array): void;
  end(): void;
  /** The body broke off, and it is no stream that could say so itself. */
  fail(): void;
}

export interface Exchange {
  abort(): void;
  /** The sink's reader took so many bytes: more may come. */
  taken(bytes: number): void;
}

export interface Client {
  send(call: Outgoing, sink: Sink): Exchange;
  /** Answers a call without asking anybody. */
  refuse(call: Outgoing, sink: Sink, refusal: Refusal): void;
}

interface Call extends Outgoing {
  readonly id: number;
  readonly sink: Sink;
  again: boolean;
  /** Settled once all that came before is delivered; absent where nothing waits. */
  turn: Promise<void> | undefined;
  /** Bytes that the reader took and the router was not told of. */
  owed: number;
  headed: boolean;
  eventStream: boolean;
}

const { Blob, Uint8Array } = globalThis;
const readBlob = method(Blob.prototype, 'arrayBuffer');

/** `origin`: the caller's own, for the headers of errors made here. */
export function createClient(port: Port, origin: string): Client {
  const calls: Record<number, Call> = bare({});
  let lastId = 0;
  const post = (frame: ClientFrame) => port.post(frame);

  port.listen((message) => receive(message as ServerFrame), lost);

  function send(outgoing: Outgoing, sink: Sink): Exchange {
    const call = toCall(++lastId, outgoing, sink);
    calls[call.id] = call;
    open(call);
    return bare({
      abort() {
        if (calls[call.id] !== call) return;
        delete calls[call.id];
        post(['abort', call.id]);
      },
      taken(bytes) {
        call.owed += bytes;
        if (call.owed < ACK_EVERY || calls[call.id] !== call) return;
        post(['ack', call.id, call.owed]);
        call.owed = 0;
      },
    });
  }

  function open({ id, again, method, url, headers, body }: Call): void {
    const bulky = body && body.byteLength > BULK;
    const content = bulky ? new Blob([body as Uint8Array<ArrayBuffer>]) : body;
    post(['open', id, again, method, url, headers, content]);
  }

  function receive(frame: ServerFrame): void {
    const call = calls[frame[1]];
    if (!call) return;
    if (frame[0] === 'bulk' || call.turn) call.turn = inTurn(call, call.turn, frame);
    else deliver(call, frame);
  }

  /** A Blob is read later: what comes after it waits. */
  async function inTurn(call: Call, before: Call['turn'], frame: ServerFrame): Promise<void> {
    const bytes = frame[0] === 'bulk' ? await readBlob(frame[2]) : undefined;
    await before;
    if (calls[call.id] === call) {
      deliver(call, bytes ? ['data', call.id, new Uint8Array(bytes)] : frame);
    }
  }

  function deliver(call: Call, frame: ServerFrame): void {
    switch (frame[0]) {
      case 'head':
        call.headed = true;
        call.eventStream = isEventStream(frame[4]);
        return call.sink.head(frame[2], frame[3], frame[4]);
      case 'data':
        return call.sink.data(frame[2]);
      case 'end':
        delete calls[call.id];
        return call.sink.end();
      case 'fail':
        return breakOff(call);
    }
  }

  /** The router's worker died. What has no answer yet is asked once more: the router knows if it may. */
  function lost(): void {
    for (const id in calls) {
      const call = calls[id] as Call;
      if (call.headed || call.again) {
        receive(['fail', call.id]);
      } else {
        call.again = true;
        open(call);
      }
    }
  }

  function breakOff(call: Call): void {
    delete calls[call.id];
    const { sink, url } = call;
    if (!call.headed) return refuse(call, sink, TRUNCATED);
    if (!call.eventStream) return sink.fail();
    sink.data(toBytes(toErrorEvent(url, TRUNCATED)));
    sink.end();
  }

  function refuse({ url }: Outgoing, sink: Sink, refusal: Refusal): void {
    sink.head(refusal.status, '', errorHeaders(origin));
    sink.data(toBytes(toErrorText(url, refusal)));
    sink.end();
  }

  return bare({ send, refuse });
}

function toCall(id: number, { method, url, headers, body }: Outgoing, sink: Sink): Call {
  return bare({
    id,
    sink,
    method,
    url,
    headers,
    body,
    again: false,
    turn: undefined,
    owed: 0,
    headed: false,
    eventStream: false,
  });
}

function isEventStream(headers: HeaderList): boolean {
  for (let index = 0; index < headers.length; index += 1) {
    const header = headers[index] as [string, string];
    if (header[0] === 'content-type') return matches(/^text\/event-stream\b/i, header[1]);
  }
  return false;
}
