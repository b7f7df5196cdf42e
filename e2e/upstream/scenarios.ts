import { HELLO, WEATHER_CALL, numbered } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';

type Play = (exchange: Exchange, ...captured: (string | undefined)[]) => Promise<void> | void;

/** Streams the first `share` of an answer's events and returns. */
async function streamPart(exchange: Exchange, answer: Answer = HELLO, share = 0.5): Promise<void> {
  exchange.streamHead();
  const events = exchange.events(answer);
  for (const event of events.slice(0, Math.ceil(events.length * share))) {
    await exchange.write(event);
    // Apart in time, so that what was written has left before what a fault does next.
    await exchange.wait(0.005);
  }
}

/** Writes events whose bytes are cut as `pieces` says. */
async function streamBytes(exchange: Exchange, text: string, size: number): Promise<void> {
  exchange.response.socket?.setNoDelay(true);
  exchange.streamHead();
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) {
    await exchange.write(bytes.subarray(at, at + size));
    await new Promise(setImmediate); // each write its own packet
  }
  exchange.end();
}

const wholeStream = (exchange: Exchange, answer: Answer = HELLO) =>
  exchange.events(answer).join('');

const credentialOf = (headers: Record<string, string>) =>
  headers.authorization?.replace('Bearer ', '') ??
  headers['x-api-key'] ??
  headers['x-goog-api-key'];

const HTML = '<!doctype html><title>Sign in</title><p>Welcome to the hotel network.</p>';

const MESSAGES: Record<number, string> = {
  400: 'The upstream does not like this request.',
  401: 'Incorrect API key provided.',
  403: 'You may not use this model.',
  404: 'The model does not exist.',
  409: 'Conflict.',
  422: 'Unprocessable.',
  429: 'Rate limit reached for requests.',
  500: 'The server had an error.',
  503: 'The engine is currently overloaded.',
};

/**
 * Scenarios by model name: the first pattern that matches the whole name plays. A name that matches
 * none is answered normally, so any model works.
 */
export const SCENARIOS: readonly (readonly [RegExp, Play])[] = [
  // --- good answers
  [/echo/, (x) => x.answer({ text: [x.asked.prompt] })],
  // the prompt N times, MS apart: echo-MS-N
  [
    /echo-(\d+)-(\d+)/,
    async (x, ms, count) => {
      x.streamHead();
      const text = Array.from({ length: Number(count) }, () => x.asked.prompt);
      for (const event of x.events({ text })) {
        if (x.gone) return;
        await x.write(event);
        await x.wait(Number(ms) / 1000);
      }
      x.end();
    },
  ],
  [
    /tools/,
    (x) =>
      x.answer(
        x.asked.hasToolResult
          ? { text: ['It is ', '21 °C', ' in Porto.'] }
          : { tools: [WEATHER_CALL], usage: { input: 40, output: 12 } },
      ),
  ],
  [
    /two-tools/,
    (x) =>
      x.answer({
        tools: [
          WEATHER_CALL,
          { id: 'call_time_2', name: 'get_time', arguments: ['{"zone"', ':"UTC"}'] },
        ],
      }),
  ],
  [/json/, (x) => x.answer({ text: ['{"city":', '"Porto",', '"degrees":21}'] })],
  [/reasoning/, (x) => x.answer({ reasoning: ['Let me', ' think.'], text: ['Forty', '-two.'] })],
  [/length/, (x) => x.answer({ ...HELLO, finish: 'length' })],
  [/utf8/, (x) => x.answer({ text: ['naïve ', '日本語 ', '👩‍👩‍👧‍👦 ', 'ﷺ'] })],
  // N small deltas as fast as the socket takes them
  [/chunks-(\d+)/, (x, count) => x.answer(numbered(Number(count)))],
  // N deltas, MS apart: slow-MS-N
  [
    /slow-(\d+)-(\d+)/,
    async (x, ms, count) => {
      if (!x.asked.stream) return x.answer(numbered(Number(count)));
      x.streamHead();
      for (const event of x.events(numbered(Number(count)))) {
        if (x.gone) return;
        await x.write(event);
        await x.wait(Number(ms) / 1000);
      }
      x.end();
    },
  ],
  // N tokens at RATE a second: paced-RATE-N
  [
    /paced-(\d+)-(\d+)/,
    async (x, rate, count) => {
      x.streamHead();
      const started = performance.now();
      for (const [index, event] of x.events(numbered(Number(count))).entries()) {
        if (x.gone) return;
        await x.write(event);
        await x.wait(
          Math.max(0, (index + 1) / Number(rate) - (performance.now() - started) / 1000),
        );
      }
      x.end();
    },
  ],
  // N megabytes of answer in deltas of 64 kB
  [/big-(\d+)/, (x, megabytes) => x.answer(numbered(Number(megabytes) * 16, 65_536))],

  // --- odd but legal streams
  [/crlf/, (x) => streamBytes(x, wholeStream(x).replaceAll('\n', '\r\n'), 1e6)],
  [/cr/, (x) => streamBytes(x, wholeStream(x).replaceAll('\n', '\r'), 1e6)],
  [/byte-by-byte/, (x) => streamBytes(x, wholeStream(x), 1)],
  [/split-(\d+)/, (x, size) => streamBytes(x, wholeStream(x), Number(size))],
  // two events on one line
  [
    /glued/,
    (x) => {
      const events = x.events(HELLO, '');
      const last = events.pop() ?? '';
      const pairs = events.map((event, index) => event + (index % 2 ? '\n\n' : ''));
      return streamBytes(x, `${pairs.join('')}\n\n${last}\n\n`, 1e6);
    },
  ],
  [/no-blank-lines/, (x) => streamBytes(x, x.events(HELLO, '\n').join('') + '\n', 1e6)],
  [
    /comments/,
    async (x) => {
      x.streamHead();
      for (let i = 0; i < 3; i++) {
        await x.write(': OPENROUTER PROCESSING\n\n');
        await x.wait(0.1);
      }
      for (const event of x.events(HELLO)) await x.write(`: keep-alive\n\n${event}`);
      x.end();
    },
  ],
  [
    /no-stream-options/,
    (x) =>
      'stream_options' in x.asked.body
        ? x.error(400, "Unknown parameter: 'stream_options'.", {}, 'unknown_parameter')
        : x.answer(HELLO),
  ],
  // finish_reason comes, [DONE] does not
  [/no-done/, (x) => streamBytes(x, x.events(HELLO).slice(0, -1).join(''), 1e6)],
  // [DONE] comes, the socket stays open
  [
    /open-after-done/,
    async (x) => {
      await streamPart(x, HELLO, 1);
      await x.hang();
    },
  ],

  // --- time
  [
    /headers-after-([\d.]+)/,
    async (x, seconds) => {
      await x.wait(Number(seconds));
      if (!x.gone) await x.answer(HELLO);
    },
  ],
  [
    /gap-([\d.]+)/,
    async (x, seconds) => {
      await streamPart(x);
      await x.wait(Number(seconds));
      const events = x.events(HELLO);
      if (!x.gone) x.end(events.slice(Math.ceil(events.length / 2)).join(''));
    },
  ],
  [/hang/, (x) => x.hang()],
  [
    /hang-after-head/,
    async (x) => {
      if (x.asked.stream) x.streamHead();
      else x.head(200, { 'content-type': 'application/json' });
      await x.hang();
    },
  ],
  [
    /hang-midway/,
    async (x) => {
      await streamPart(x);
      await x.hang();
    },
  ],
  // text without end, a delta each 20 ms: for aborts
  [
    /endless/,
    async (x) => {
      x.streamHead();
      const events = x.events({ text: ['more '] });
      const first = events.findIndex((event) => event.includes('more '));
      await x.write(events.slice(0, first).join(''));
      while (!x.gone) {
        await x.write(events[first] ?? '');
        await x.wait(0.02);
      }
    },
  ],

  // --- faults
  [
    /cut/,
    async (x) => {
      if (x.asked.stream) {
        await streamPart(x);
        // A browser throws away what it has not read when a connection breaks.
        await x.wait(0.2);
      } else {
        x.head(200, { 'content-type': 'application/json', 'content-length': '5000' });
        await x.write('{"id":"half');
        await x.wait(0.01);
      }
      x.cut();
    },
  ],
  [/cut-before-head/, (x) => x.cut()],
  // The stream ends in good order, but neither finish_reason nor [DONE] came.
  [
    /end-early/,
    async (x) => {
      await streamPart(x);
      x.end();
    },
  ],
  [
    /garbage/,
    async (x) => {
      if (!x.asked.stream) {
        x.head(200, { 'content-type': 'application/json' });
        return x.end('{"choices":[{"mess');
      }
      await streamPart(x);
      await x.write('data: {"choices":[{"del\u0000\n\n');
      x.end(x.events(HELLO).slice(-2).join(''));
    },
  ],
  [/not-an-answer/, (x) => x.json(200, { hello: 'world' })],
  [
    /error-event/,
    async (x) => {
      await streamPart(x);
      x.end(`${x.wire.errorEvent('The upstream is sick.')}\n\n`);
    },
  ],
  [
    /error-event-named/,
    async (x) => {
      await streamPart(x);
      x.end(`event: error\n${x.wire.errorEvent('The upstream is sick.')}\n\n`);
    },
  ],
  [
    /error-event-first/,
    (x) => {
      x.streamHead();
      x.end(`${x.wire.errorEvent('The upstream is sick.')}\n\n`);
    },
  ],
  [/error-in-200/, (x) => x.error(200, 'The upstream is sick.')],
  [/html/, (x) => (x.head(200, { 'content-type': 'text/html' }), x.end(HTML))],
  [
    /html-(\d{3})/,
    (x, status) => (x.head(Number(status), { 'content-type': 'text/html' }), x.end(HTML)),
  ],
  [/empty/, (x) => x.answer({})],
  [
    /empty-body/,
    (x) => (
      x.head(200, { 'content-type': x.asked.stream ? 'text/event-stream' : 'application/json' }),
      x.end()
    ),
  ],
  [/only-done/, (x) => streamBytes(x, 'data: [DONE]\n\n', 1e6)],
  // to `/stolen` of the same server, or of another: redirect-307-to-https-localhost-9000
  [
    /redirect-(30[12378])(?:-to-(https?)-([\w.]+)-(\d+))?/,
    (x, status, scheme, host, port) => {
      x.head(Number(status), { location: port ? `${scheme}://${host}:${port}/stolen` : '/stolen' });
      x.end();
    },
  ],
  [
    /status-(\d{3})/,
    (x, status) =>
      x.error(
        Number(status),
        MESSAGES[Number(status)] ?? `Status ${status}.`,
        status === '429' ? { 'retry-after': '1' } : {},
      ),
  ],
  [
    /status-(\d{3})-after-(\d+)/,
    (x, status, seconds) =>
      x.error(Number(status), MESSAGES[Number(status)] ?? `Status ${status}.`, {
        'retry-after': seconds ?? '',
      }),
  ],
  [
    /quotes-key/,
    (x) => x.error(401, `Incorrect API key provided: ${credentialOf(x.received.headers)}.`),
  ],
  [
    /context-overflow/,
    (x) =>
      x.error(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      ),
  ],
];

/** The scenario that a model name asks for. */
export function findScenario(model: string): (exchange: Exchange) => Promise<void> | void {
  // Aggregators prefix their models: `vendor/cut` plays `cut`.
  const name = model.slice(model.lastIndexOf('/') + 1);
  for (const [pattern, play] of SCENARIOS) {
    const match = new RegExp(`^(?:${pattern.source})$`).exec(name);
    if (match) return (exchange) => play(exchange, ...match.slice(1));
  }
  return (exchange) => exchange.answer(HELLO);
}
