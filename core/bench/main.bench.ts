import { measureDeltas } from './deltas.bench.ts';
import { measureFailover, measureKeys, measureResolution } from './routing.bench.ts';
import { measureRequest, measureStream, type RequestCost } from './requests.bench.ts';

/**
 * The Node part of `npm run bench`: prints one JSON line a figure, `{what, value, unit, aim, how}`.
 * Times are the best of many short rounds, so that they tell the code and not what else a machine does.
 */
const DELTAS_IN_4_KB = 12;

function print(what: string, value: number, aim?: number, how?: string): void {
  console.log(JSON.stringify({ what, value, unit: 'µs', aim, how }));
}

function printCost(what: string, { router, hono, bare }: RequestCost, aim: number): void {
  print(what, router, aim, `Node; hono ${hono.toFixed(2)}, bare ${bare.toFixed(2)}`);
}

printCost('a request, over a bare fetch', await measureRequest(), 60);
printCost('a delta passed through, in chunks of 4 kB', await measureStream(DELTAS_IN_4_KB), 1);
printCost('a delta passed through, one a chunk', await measureStream(1), 5);
for (const { from, to, microseconds } of measureDeltas(DELTAS_IN_4_KB))
  print(
    from === to ? `a delta of ${from}, as it came` : `a delta, ${from} to ${to}`,
    microseconds,
    from === to ? 1 : 5,
    'Node, codecs alone',
  );
for (const models of [1, 100, 10_000])
  print(`resolving one of ${models} models`, await measureResolution(models), 20, 'Node');
for (const keys of [1, 10, 1000])
  print(
    `the next of ${keys} keys in turn`,
    await measureKeys(keys),
    20,
    'Node, unsealing left out',
  );
print(
  'going on to the next route',
  await measureFailover(),
  500,
  'Node, over the failed fetch itself',
);
