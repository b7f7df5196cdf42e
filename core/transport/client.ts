/**
 * The caller's end: calls go out as frames, answers come back to a sink. It runs in the page's own
 * world, see natives.ts.
 */
import {
  ACK_EVERY,
  BULK,
  type ClientFrame,
  type HeaderRecord,
  type ServerFrame,
} from './frames.ts';
import { bare, hold, keep } from './natives.ts';
import type { ClientPort } from './port.ts';

export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderRecord;
  readonly body: Uint8Array | null;
}

/** Takes one answer: `head` once, then `data`, then `end` or `fail`. Nothing after an abort. */
export interface Sink {
  head(status: number, statusText: string, headers: HeaderRecord): void;
  data(bytes: Uint8Array): void;
  end(): void;
  /** The answer broke off, or there is no router; and it is no stream that could say so itself. */
  fail(): void;
}

export interface Exchange {
  abort(): void;
  /** The sink's reader took so many bytes: more may come. */
  taken(bytes: number): void;
}

/** Sends one call. Its answer may be in the sink before this returns. */
export type Send = (call: Outgoing, sink: Sink) => Exchange;

/** So often is a call asked again; it is the next worker that knows whether it was sent before. */
export const TRIES = 3;

export function createClient(port: ClientPort): Send {
  const { Blob, Uint8Array } = globalThis;
  const keptBlob = keep(Blob);
  const calls: Record<number, (frame: ServerFrame | ['lost']) => void> = bare({});
  const post = (frame: ClientFrame) => port.post(frame);
  let lastId = 0;

  port.listen(
    (message) => calls[(message as ServerFrame)[1]]?.(message as ServerFrame),
    () => {
      for (const id in calls) calls[id]?.(['lost']);
    },
  );

  return ({ method, url, headers, body }, sink) => {
    const id = (lastId += 1);
    const content =
      body && body.byteLength > BULK ? new Blob([body as Uint8Array<ArrayBuffer>]) : body;
    let losses = 0;
    let headed = false;
    let lastWords: Uint8Array | null = null;
    let owed = 0;
    /** Settles once all that came before is delivered. */
    let turn: Promise<void> | undefined;

    const open = () => post(['open', id, losses > 0, method, url, headers, content]);

    function deliver(frame: ServerFrame | ['lost']): void {
      switch (frame[0]) {
        case 'head':
          headed = true;
          lastWords = frame[5];
          return sink.head(frame[2], frame[3], bare(frame[4]));
        case 'data':
          return sink.data(frame[2]);
        case 'end':
          delete calls[id];
          return sink.end();
        case 'fail':
        case 'lost':
          delete calls[id];
          if (!lastWords) return sink.fail();
          sink.data(lastWords);
          return sink.end();
      }
    }

    /** A Blob is read later: what comes after it waits. */
    async function inTurn(before: typeof turn, frame: ServerFrame | ['lost']): Promise<void> {
      const bytes =
        frame[0] === 'bulk' && new Uint8Array(await hold(frame[2], keptBlob).arrayBuffer());
      await before;
      if (calls[id]) deliver(bytes ? ['data', id, bytes] : frame);
    }

    calls[id] = (frame) => {
      if (frame[0] === 'lost' && !headed && (losses += 1) < TRIES) {
        open();
      } else if (frame[0] === 'bulk' || turn) {
        turn = inTurn(turn, frame);
      } else {
        deliver(frame);
      }
    };
    open();
    return {
      abort() {
        if (!calls[id]) return;
        delete calls[id];
        post(['abort', id]);
      },
      taken(bytes) {
        owed += bytes;
        if (owed < ACK_EVERY || !calls[id]) return;
        post(['ack', id, owed]);
        owed = 0;
      },
    };
  };
}
