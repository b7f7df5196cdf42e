import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPermissions } from '../permissions/grants.ts';
import { createTestPorts, withChanges } from '../testing/ports.ts';
import { createBundles } from './bundle.ts';
import goldenOfVersion1 from './golden/bundle-1.json' with { type: 'json' };
import { createVault } from './vault.ts';

/** With what came later. */
const golden = {
  ...goldenOfVersion1,
  profiles: [
    {
      id: 'work',
      name: 'Work',
      keys: ['openai/main'],
      models: ['openai/*'],
      defaultModel: 'openai/m1',
      limits: { usdPerDay: 1 },
    },
  ],
  sites: [
    ...goldenOfVersion1.sites,
    { origin: 'https://profiled.example', decision: 'allow', profile: 'work' },
  ],
};

function setUp() {
  const { ports, changes } = withChanges(createTestPorts());
  const permissions = createPermissions(ports, changes);
  return { ports, ...createBundles({ ports, vault: createVault(ports, changes), permissions }) };
}

const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
const evil: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    1e308,
    '',
    '__proto__',
    'constructor',
    [],
    {},
    'javascript:alert(1)',
    'http://169.254.169.254/latest',
    'https://evil.example/v1',
    'https://*.com',
    'null',
    JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    'a\r\nAuthorization: b',
    '\u202e',
    'x'.repeat(100_000),
    nested(5_000),
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Every place in the bundle, as a path. */
function placesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, each]) => placesOf(each, [...path, name])),
  ];
}
const places = placesOf(golden).filter((path) => path.length > 0);

function withValue(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const copy = structuredClone(root) as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  at[path.at(-1)!] = value;
  return copy;
}

test('300 hostile bundles: each is refused with nothing changed, or does what its diff said', async () => {
  const all = {
    sections: ['providers', 'models', 'profiles', 'sites', 'settings', 'chats'] as const,
  };
  let refused = 0;
  const one = setUp();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), evil, fc.boolean(), async (path, value, asNew) => {
      // The field itself, or another one beside it.
      const bundle = withValue(golden, asNew ? [...path.slice(0, -1), 'surprise'] : path, value);
      const before = await one.exportBundle(all);
      const said = await one
        .importBundle(bundle, { dryRun: true })
        .catch((error: unknown) => error);
      expect({ ...(await one.exportBundle(all)), createdAt: '' }).toEqual({
        ...before,
        createdAt: '',
      });
      const done = await one.importBundle(bundle).catch((error: unknown) => error);
      if (done instanceof Error) {
        refused += 1;
        expect(done).toMatchObject({ code: 'invalid_request' });
        expect(done.message.length).toBeLessThan(5_000);
        expect({ ...(await one.exportBundle(all)), createdAt: '' }).toEqual({
          ...before,
          createdAt: '',
        });
      } else expect(done).toEqual({ ...(said as object), dryRun: false });
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(100);
});

test('a bundle that is nested without end is refused', async () => {
  const { importBundle } = setUp();
  for (const field of ['providers', 'settings', 'chats', 'surprise'])
    await expect(
      importBundle({ format: 'gatehouse-bundle', version: 1, [field]: nested(100_000) }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
});
