/** What a page may write to move a call elsewhere (threat 7), by chance but the same in each run. */
import fc from 'fast-check';

/** Stands for a server of the page's, in a text; and what no provider may ever hear. */
export const THIEF = 'http://thief.placeholder/v1';
export const PAGE_SECRET = 'sk-of-the-page-0123456789abcdef';

/** By which SDKs, gateways and proxies let a body say where a call goes, with which key, for whom. */
const NAMES = [
  ...['api_base', 'base_url', 'api_key', 'extra_headers', 'organization', 'authorization'],
  ...['api_host', 'endpoint', 'api_endpoint', 'proxy_url', 'openai_api_base', 'azure_endpoint'],
  ...['x-api-key', 'x-goog-api-key', 'openai_api_key', 'api_token', 'bearer_token', 'headers'],
  ...['default_headers', 'custom_llm_provider', 'litellm_params', 'model_list', 'mock_response'],
  ...['vertex_credentials', 'aws_secret_access_key', 'extra_body', 'extra_query', 'project'],
  ...['org_id', 'deployment_id', 'host', 'credentials', 'secret_key', 'access_token', 'gateway'],
];

/** `api_base` as `apiBase`, `API-BASE`, `Api.Base`, `__api_base`. */
const alias = fc
  .tuple(
    fc.constantFrom(...NAMES),
    fc.constantFrom<(name: string) => string>(
      (name) => name,
      (name) => name.toUpperCase(),
      (name) => name.replace(/[_-](.)/g, (_, letter: string) => letter.toUpperCase()),
      (name) => name.replaceAll('_', '-'),
      (name) => name.replaceAll('_', '.'),
      (name) => name.replaceAll('_', ''),
      (name) => `__${name}`,
      (name) => `${name} `,
    ),
  )
  .map(([name, respell]) => respell(name));

const value = fc.constantFrom<unknown>(
  THIEF,
  PAGE_SECRET,
  { authorization: `Bearer ${PAGE_SECRET}`, host: 'thief.placeholder', 'x-api-key': PAGE_SECRET },
  [{ api_base: THIEF, api_key: PAGE_SECRET }],
  { api_base: THIEF, nested: { base_url: THIEF, headers: { 'x-api-key': PAGE_SECRET } } },
  `x\r\nauthorization: Bearer ${PAGE_SECRET}`,
);

const fields = fc.dictionary(alias, value, { minKeys: 1, maxKeys: 5 });

/** What follows the provider in a model's name. */
const model = fc.constantFrom(
  ...['m1', 'm1', 'm1', THIEF, `${THIEF}/chat/completions#`, '//thief.placeholder/m1'],
  ...['@thief.placeholder/m1', '../../../../steal', '..', '.', '%2e%2e%2f%2e%2e%2fsteal'],
  ...['m1?key=of-the-page', 'm1#', 'm1\r\nhost: thief.placeholder', 'm1\\..\\steal'],
  ...['..:generateContent?x=', 'm1\u0000', '__proto__', 'constructor', 'm1/../../steal'],
);

const headers = fc.dictionary(
  fc.constantFrom(
    ...['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'openai-organization'],
    ...['openai-project', 'x-forwarded-host', 'x-gatehouse-base-url', 'anthropic-auth-token'],
    ...['x-amz-security-token', 'proxy-authorization', 'x-http-method-override'],
  ),
  fc.constantFrom(`Bearer ${PAGE_SECRET}`, PAGE_SECRET, THIEF),
  { maxKeys: 4 },
);

const MESSAGES = [{ role: 'user', content: 'Hi' }];

/** Each dialect's path and its smallest body. */
const DIALECTS: readonly ((model: string) => [path: string, body: object])[] = [
  (model) => ['/v1/chat/completions', { model, messages: MESSAGES }],
  (model) => ['/v1/chat/completions/stream', { model, messages: MESSAGES }],
  (model) => ['/v1/messages', { model, max_tokens: 9, messages: MESSAGES }],
  (model) => ['/v1/messages/count_tokens', { model, messages: MESSAGES }],
  (model) => ['/v1/responses', { model, input: 'Hi' }],
  (model) => [
    `/v1beta/models/${encodeURIComponent(model)}:generateContent`,
    { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
  ],
  (model) => ['/v1/completions', { model, prompt: 'Hi' }],
  (model) => ['/v1/embeddings', { model, input: 'Hi' }],
  (model) => ['/v1/images/generations', { model, prompt: 'Hi' }],
  (model) => ['/v1/moderations', { model, input: 'Hi' }],
];

/** A provider's own interface: what comes back is its affair, where it goes is not. */
const BELOW = [
  '/files?api_key=of-the-page&key=of-the-page',
  '//thief.placeholder/v1',
  '/http://thief.placeholder/v1',
  '/..%2f..%2fsteal',
  '/%252e%252e/steal',
  '/@thief.placeholder/',
  '/v1/chat/completions',
];

export interface HostileCall {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** So many calls to the providers named. `thief` is where the page would like them to arrive. */
export function createHostileCalls(
  count: number,
  providers: readonly string[],
  thief: string,
): HostileCall[] {
  const provider = fc.constantFrom(...providers);
  const place = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(provider, model, fc.constantFrom(...DIALECTS)) },
    { weight: 1, arbitrary: fc.tuple(provider, fc.constantFrom(...BELOW)) },
  );
  const call = fc.tuple(place, fields, headers, fc.boolean()).map(([where, more, sent, first]) => {
    const [path, body] =
      where.length === 3
        ? where[2](`${where[0]}/${where[1]}`)
        : [`/${where[0]}${where[1]}`, { model: 'm1', messages: MESSAGES }];
    const text = JSON.stringify(first ? { ...more, ...body } : { ...body, ...more });
    // Own keys of JSON that an object literal can not have.
    const polluted = text.replace(/\}$/, `,"__proto__":{"api_base":"${THIEF}"}}`);
    const toThief = (one: string) => one.replaceAll(THIEF, thief);
    return {
      path,
      headers: Object.fromEntries(
        Object.entries({ ...sent, ...(where.length === 2 && { 'x-title': 'raw' }) }).map(
          ([name, value]) => [name, toThief(value)],
        ),
      ),
      body: toThief(polluted),
    };
  });
  return fc.sample(call, { numRuns: count, seed: 7 });
}

/** A field's name without case and separators, for a look at what arrived. */
const regular = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const FORBIDDEN: ReadonlySet<string> = new Set(NAMES.map(regular));
export const isForbidden = (name: string): boolean => FORBIDDEN.has(regular(name));
