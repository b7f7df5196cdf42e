/** Threat 5: whatever a compromised page or content script posts, only a whole frame is a call. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import '../testing/figures.ts';
import { createJournal } from './journal.ts';
import { createPace } from './pace.ts';
import type { Port } from './port.ts';
import { serve } from './server.ts';

const COUNT = 10_000;
const CALL = 'https://gatehouse.invalid/v1/models';
const claims = { origin: 'chrome-extension://a', sender: { id: 'a' }, caller: 'first-party' };

/** One wrong value for each place of a whole `open` frame, so that every check is met alone. */
const WRONG: readonly fc.Arbitrary<unknown>[] = [
  fc.anything().filter((type) => type !== 'open'),
  fc.oneof(fc.constantFrom(0, -1, 1.5, NaN, Infinity, 2 ** 53, '1', null, 1n), fc.object()),
  fc.anything().filter((again) => typeof again !== 'boolean'),
  fc.oneof(
    fc.constantFrom('', 'GET POST', 'GET\r\nx: y', '__proto__', 'G'.repeat(17), null, 7, ['GET']),
    fc.object(),
  ),
  fc.oneof(
    fc.constantFrom(
      ...[
        '',
        'gatehouse.invalid/v1',
        'http://gatehouse.invalid/v1',
        'https://gatehouse.invalid.a/',
      ],
      ...[
        'https://gatehouse.invalid:8443/v1',
        'https://a@evil.example/',
        'https://evil.example/v1',
      ],
      ...['chrome-extension://a/extension/options/index.html', 'data:,x', 'blob:https://a/1', null],
      `https://gatehouse.invalid/${'x'.repeat(16 * 1024)}`,
    ),
    fc.webUrl(),
    fc.object(),
  ),
  fc.oneof(
    fc.constantFrom<unknown>(null, undefined, 'x', 7, { a: 1 }, { a: { b: 'c' } }, [['a', 'b']]),
    fc.constant(Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`x-${index}`, '']))),
  ),
  fc.oneof(
    fc.constantFrom<unknown>(undefined, 'text', 7, {}, [1], new ArrayBuffer(8)),
    fc.constant(new Uint8Array(128 * 1024 + 1)),
  ),
];
const whole = (): unknown[] => ['open', 1, false, 'GET', CALL, {}, null];
const changed = fc.nat(WRONG.length - 1).chain((at) =>
  WRONG[at]!.map((value) => {
    const frame = whole();
    frame[at] = value;
    return frame;
  }),
);
const envelope = fc.oneof(
  { weight: 4, arbitrary: changed },
  { weight: 2, arbitrary: fc.anything({ withBigInt: true, withMap: true, withSet: true }) },
  // A frame with an identity beside it, or in place of the array.
  fc.constantFrom(claims, 'first-party', 1).map((claim) => [...whole(), claim]),
  fc.constant({ ...whole(), ...claims, length: 7 }),
  // What our own pages say on their ports.
  fc.record({
    id: fc.string(),
    type: fc.constantFrom('APPLY', 'GET', 'SET', 'CONSTRUCT', 'ENDPOINT', 'prompts', 'refuse-all'),
    path: fc.array(fc.constantFrom('listKeys', 'saveSite', '__proto__', 'constructor')),
    argumentList: fc.array(fc.anything()),
  }),
  fc.tuple(fc.constantFrom('ack', 'abort', 'data', 'head', 'end'), fc.anything(), fc.anything()),
);

test(`${COUNT} forged envelopes make no call, no answer and no fault`, ({ task: { meta } }) => {
  let hear: (message: unknown) => void = () => undefined;
  const posted: unknown[] = [];
  const port: Port = {
    post: (message) => posted.push(message),
    listen: (message) => (hear = message),
    close: () => undefined,
  };
  let calls = 0;
  const session = {
    get: () => Promise.resolve(undefined),
    set: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    keys: () => Promise.resolve([]),
  };
  const caller = {
    kind: 'site',
    origin: 'https://a.example',
    topOrigin: 'https://a.example',
  } as const;
  serve(
    port,
    { document: 'd', origin: caller.origin, caller: Promise.resolve(caller) },
    {
      handle: () => Promise.resolve(new Response()),
      journal: createJournal(session),
      pace: createPace(),
      keepAlive: () => {
        calls += 1;
        return () => undefined;
      },
      randomId: () => crypto.randomUUID(),
    },
  );
  fc.assert(
    fc.property(envelope, (message) => {
      expect(() => hear(message)).not.toThrow();
      expect([calls, posted]).toEqual([0, []]);
    }),
    { numRuns: COUNT },
  );
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  hear(whole());
  expect(calls, 'a whole one is heard').toBe(1);
  meta.figure = `${COUNT} envelopes, 0 accepted`;
});
