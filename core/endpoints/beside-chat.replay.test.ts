/** What providers really answered beside chat, told by them again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { CATALOG } from '../providers/catalog.ts';
import { wayOf } from '../providers/endpoints.ts';
import type { EndpointName, Provider } from '../providers/provider.ts';
import { serve, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, errorOf, FIRST_PARTY, providerAt } from '../testing/parts.ts';

const WIRE = fileURLToPath(new URL('../../../shared/wire/', import.meta.url));

/** Folders of recordings -> our rows, where these have other names. */
const ROWS: Readonly<Record<string, string>> = {
  google: 'google-ai-studio',
  'google-vertex': 'google-ai-studio',
  azure: 'azure-openai',
  llamacpp: 'llama.cpp',
};

/** By the end of the recorded path. */
const ENDPOINTS: readonly (readonly [RegExp, EndpointName, string])[] = [
  [/embeddings\b|:batchEmbedContents|\/v2\/embed$/, 'embeddings', '/v1/embeddings'],
  [/\/images\/generations$|:predict$/, 'images', '/v1/images/generations'],
  [/\/audio\/speech$/, 'speech', '/v1/audio/speech'],
  [/\/audio\/transcriptions$/, 'transcriptions', '/v1/audio/transcriptions'],
  [/\/moderations$/, 'moderations', '/v1/moderations'],
];

interface Case {
  name: string;
  endpoint: EndpointName;
  path: string;
  provider: Partial<Provider>;
  status: number;
  body: string;
}

function readCase(folder: string, file: string): Case[] {
  const base = `${WIRE}${folder}/${file}`;
  const meta = JSON.parse(readFileSync(`${base}.meta.json`, 'utf8')) as {
    endpoint: string | null;
    status: number;
  };
  const found = ENDPOINTS.find(([pattern]) => pattern.test(meta.endpoint ?? ''));
  if (found === undefined || !existsSync(`${base}.response.json`)) return [];
  const [, endpoint, path] = found;
  // Models of these are asked for in words of their own, which we do not speak.
  if (/^(?:bedrock|google-vertex)\/embeddings/.test(`${folder}/${file}`)) return [];
  const row = CATALOG.find(({ id }) => id === (ROWS[folder] ?? folder));
  const name = `${folder}/${file}`;
  const body = readFileSync(`${base}.response.json`, 'utf8');
  // Those that we have no row for speak OpenAI's words, as a server of one's own would.
  if (row === undefined) {
    return [
      { name, endpoint, path, provider: { endpoints: [endpoint] }, status: meta.status, body },
    ];
  }
  const way = wayOf(row, endpoint);
  // A recording of another way to ask than ours: Ollama's own, Azure's deployments answer the same.
  if (way === undefined || /^\/api\/embed/.test(meta.endpoint ?? '')) return [];
  const { format, endpoints, ways } = row;
  return [
    { name, endpoint, path, provider: { format, endpoints, ways }, status: meta.status, body },
  ];
}

const cases = existsSync(WIRE)
  ? readdirSync(WIRE, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name: folder }) =>
        readdirSync(`${WIRE}${folder}`)
          .filter((file) => /^(?:embeddings|images|audio|moderations)-.*\.meta\.json$/.test(file))
          .flatMap((file) => readCase(folder, file.slice(0, -'.meta.json'.length))),
      )
  : [];

let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

it.skipIf(existsSync(WIRE))(
  'there are no recordings beside this project: nothing is replayed',
  () => {},
);

it.skipIf(!existsSync(WIRE))('there are recordings of every endpoint', () => {
  expect(new Set(cases.map(({ endpoint }) => endpoint))).toEqual(
    new Set(['embeddings', 'images', 'speech', 'transcriptions', 'moderations']),
  );
  console.info(`${cases.length} recorded answers beside chat`);
});

const QUESTIONS: Readonly<Record<string, object>> = {
  embeddings: { input: 'hello' },
  images: { prompt: 'a gate' },
  speech: { input: 'hello', voice: 'v' },
  transcriptions: { input_audio: { data: 'AAAA', format: 'mp3' } },
  moderations: { input: 'hello' },
};

/** Numbers anywhere in a recorded answer that make a vector. */
function firstVector(value: unknown): unknown {
  if (Array.isArray(value) && value.length > 8 && value.every((each) => typeof each === 'number'))
    return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = firstVector(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

it.each(cases)('$name', async ({ endpoint, path, provider, status, body }) => {
  const served = await serve((response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  upstream = served;
  const router = createTestRouter({ providers: [providerAt(served.origin, provider)] });
  const answer = await router.handle(
    new Request(`https://gatehouse.invalid${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'box/m', ...QUESTIONS[endpoint] }),
    }),
    FIRST_PARTY,
  );
  const recorded = JSON.parse(body) as Record<string, unknown>;
  if (status !== 200) {
    const { message, code } = await errorOf(answer);
    const words = /"(?:message|detail)":\s*"([^"\\]{1,24})/.exec(body)?.[1];
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(code).not.toBeNull();
    if (words !== undefined) expect(message).toContain(words);
    return;
  }
  expect(answer.status).toBe(200);
  if (endpoint === 'speech') {
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
    return;
  }
  const told = (await answer.json()) as Record<string, unknown> & {
    data?: { embedding?: unknown; url?: string; b64_json?: string }[];
  };
  if (endpoint === 'embeddings') {
    expect(told).toMatchObject({ object: 'list', model: 'box/m' });
    const vector = told.data?.[0]?.embedding as number[];
    expect(vector.length).toBeGreaterThan(8);
    expect(vector.every(Number.isFinite)).toBe(true);
    const plain = firstVector(recorded);
    if (plain !== undefined) expect(vector).toEqual(plain);
  } else if (endpoint === 'images') {
    expect(told.data?.[0]?.url ?? told.data?.[0]?.b64_json).toBeTruthy();
  } else if (endpoint === 'transcriptions') {
    expect(told.text).toBe(recorded.text);
  } else {
    expect(told).toEqual({ ...recorded, model: 'box/m' });
  }
});
