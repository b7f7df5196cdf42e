import { pause } from '../../streams/pause.ts';

/** What is read of a prediction. */
export interface Prediction {
  readonly id?: string;
  readonly status?: string;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly urls?: { readonly stream?: unknown };
}

const ENDS: ReadonlySet<string> = new Set([
  'succeeded',
  'successful',
  'failed',
  'canceled',
  'aborted',
]);

export function isOver({ status }: Prediction): boolean {
  return status === undefined || ENDS.has(status);
}

/** Where a prediction is asked for: below the address that made it, whatever it says of itself. */
export function endsAt(createdAt: string, { id }: Prediction): string | undefined {
  if (id === undefined || !/^[\w-]{1,100}$/.test(id)) return undefined;
  const { origin, pathname } = new URL(createdAt);
  const base = pathname.replace(/\/(?:models\/.*|deployments\/.*)?predictions$/, '');
  return `${origin}${base.replace(/\/$/, '')}/predictions/${id}`;
}

export async function readPrediction(response: Response): Promise<Prediction> {
  const value: unknown = await response.json();
  return typeof value === 'object' && value !== null ? (value as Prediction) : {};
}

/** The first questions come soon after each other, later ones every two seconds. */
const FIRST_WAIT_MS = 150;
const LONGEST_WAIT_MS = 2000;
/** A question that fails is asked again this often in a row. */
const MOST_FAILURES = 3;

/** `settled` is told once the prediction is over, and nothing is left to cancel. */
export function createPolled(
  ask: () => Promise<Response>,
  signal: AbortSignal,
  settled: () => void,
) {
  let wait = FIRST_WAIT_MS;
  let failures = 0;

  async function next(): Promise<Prediction | Response> {
    await pause(wait, signal);
    wait = Math.min(LONGEST_WAIT_MS, wait * 1.5);
    let response: Response | undefined;
    let failure: unknown;
    try {
      response = await ask();
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error;
    }
    if (response?.ok) {
      failures = 0;
      return readPrediction(response);
    }
    failures++;
    const passes = response === undefined || response.status >= 500 || response.status === 429;
    if (passes && failures < MOST_FAILURES) return { status: 'processing' };
    if (response === undefined) throw failure;
    return response;
  }

  return {
    /** The prediction that is over, as JSON. */
    async whole(first: Prediction): Promise<Response> {
      let prediction: Prediction | Response = first;
      while (!(prediction instanceof Response) && !isOver(prediction)) prediction = await next();
      settled();
      return prediction instanceof Response ? prediction : Response.json(prediction);
    },
    /** The same as the events that Replicate streams, each piece of output as soon as it is seen. */
    stream(first: Prediction): Response {
      let prediction = first;
      let told = 0;
      const utf8 = new TextEncoder();
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          for (;;) {
            const pieces = piecesOf(prediction.output);
            const fresh = pieces.slice(told).map((piece) => toEvent('output', piece));
            told = Math.max(told, pieces.length);
            if (isOver(prediction)) {
              settled();
              controller.enqueue(utf8.encode(fresh.join('') + endOf(prediction)));
              return controller.close();
            }
            if (fresh.length > 0) controller.enqueue(utf8.encode(fresh.join('')));
            const answer = await next();
            if (answer instanceof Response)
              throw new Error(`The prediction can't be read: ${answer.status}.`);
            prediction = answer;
            if (fresh.length > 0) return;
          }
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    },
  };
}

function piecesOf(output: unknown): string[] {
  if (Array.isArray(output)) return output.map(String);
  return typeof output === 'string' && output !== '' ? [output] : [];
}

function endOf({ status, error }: Prediction): string {
  if (status === 'succeeded' || status === 'successful') return toEvent('done', '{}');
  const detail = typeof error === 'string' ? error : `The prediction ended as ${status}.`;
  return toEvent('error', JSON.stringify({ detail }));
}

function toEvent(name: string, data: string): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `event: ${name}\n${lines.join('')}\n`;
}
