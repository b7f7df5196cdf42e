import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOG } from './catalog.ts';
import { detectKeys } from './key-detection.ts';

const own = { id: 'my-box', name: 'My box', auth: { scheme: 'bearer' } } as const;
const providers = [...CATALOG, own];
/** `secret>provider|provider` of each. */
const detect = (text: string) =>
  detectKeys(text, providers).map((key) => `${key.secret}>${key.providers.join('|')}`);

const groq = 'gsk_AbCdEfGh1234567890abcdefghijklmnop';
const other = 'gsk_ZyXwVuTs0987654321zyxwvutsrqponmlk';
const anyone = 'sk-0123456789abcdef0123456789abcdef';
const sharers = 'openai|zen|deepseek|moonshot';
const plain = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6';

describe('detectKeys', () => {
  it.each([
    [groq, 'groq'],
    ['csk-0123456789abcdefghij', 'cerebras'],
    ['sk-ant-api03-abcDEF_0123456789-AA', 'anthropic'],
    ['AIzaSyA0123456789abcdefghijklmnopqrstuv', 'google-ai-studio'],
    ['sk-or-v1-0123456789abcdef', 'openrouter'],
    ['sk-proj-abcDEF_0123-456789', 'openai'],
    ['sk-svcacct-abcDEF0123456789', 'openai'],
    ['xai-0123456789abcdefABCDEF', 'xai'],
    ['hf_abcdefghijklmnopqrstuv', 'huggingface'],
    ['nvapi-abc_DEF-0123456789', 'nvidia'],
    ['pplx-0123456789abcdef0123', 'perplexity'],
    ['ghp_0123456789abcdefABCDEF0123456789abcd', 'github-models'],
    ['github_pat_11ABCDEFG0123456789_abcdef', 'github-models'],
    ['fw_0123456789abcdefghij', 'fireworks'],
    ['tgp_v1_0123456789abcdefABCDEF', 'together'],
    ['sk-lm-abcdefgh:0123456789abcdef'.replace(':', '-'), 'lmstudio'],
    [anyone, sharers],
  ])('knows whose %s is by its beginning', (secret, whose) => {
    expect(detect(secret)).toEqual([`${secret}>${whose}`]);
  });

  it.each([
    ['lines', `${groq}\n${other}\n`, [`${groq}>groq`, `${other}>groq`]],
    [
      'lines of Windows, with a byte order mark',
      `\uFEFF${groq}\r\n${other}\r\n`,
      [`${groq}>groq`, `${other}>groq`],
    ],
    [
      'commas',
      `${groq}, ${other},${anyone}`,
      [`${groq}>groq`, `${other}>groq`, `${anyone}>${sharers}`],
    ],
    ['.env', `GROQ_API_KEY=${groq}`, [`${groq}>groq`]],
    [
      '.env with export, quotes and comments',
      `# my keys\nexport OPENAI_API_KEY="${anyone}" # work\n  MISTRAL_API_KEY = '${plain}'\n# GROQ_API_KEY=${groq}\n`,
      [`${anyone}>openai`, `${plain}>mistral`],
    ],
    [
      'PowerShell and cmd',
      `$env:MISTRAL_API_KEY = "${plain}"\nset COHERE_API_KEY=${plain}9`,
      [`${plain}>mistral`, `${plain}9>cohere`],
    ],
    [
      'numbered and prefixed variables',
      `GROQ_API_KEY_1=${groq}\nGROQ_API_KEY2=${other}\nVITE_MISTRAL_API_KEY=${plain}`,
      [`${groq}>groq`, `${other}>groq`, `${plain}>mistral`],
    ],
    [
      'a list in a variable',
      `MISTRAL_API_KEYS=${plain},${plain}2`,
      [`${plain}>mistral`, `${plain}2>mistral`],
    ],
    [
      'JSON by provider',
      JSON.stringify({ groq, deepseek: anyone, mistral: plain }),
      [`${groq}>groq`, `${anyone}>deepseek`, `${plain}>mistral`],
    ],
    [
      'JSON with bare names',
      `{groq:"${groq}", mistral: '${plain}'}`,
      [`${groq}>groq`, `${plain}>mistral`],
    ],
    [
      'JSON of chomp',
      JSON.stringify({ openrouter_key: 'sk-or-v1-0123456789abcdef', groq_key: groq }),
      ['sk-or-v1-0123456789abcdef>openrouter', `${groq}>groq`],
    ],
    ['a JSON array', JSON.stringify([groq, plain]), [`${groq}>groq`, `${plain}>`]],
    [
      'JSON with lists',
      JSON.stringify({ cohere: [plain, `${plain}2`] }),
      [`${plain}>cohere`, `${plain}2>cohere`],
    ],
    [
      'a bundle of ours',
      JSON.stringify({
        format: 'gatehouse-bundle',
        version: 1,
        keys: [{ provider: 'moonshot', label: 'main', secret: anyone }],
      }),
      [`${anyone}>moonshot`],
    ],
    [
      'a bundle of model-proxy',
      JSON.stringify({
        setup: { api_keys: { mistral: [{ env_var: 'MISTRAL_API_KEY_1', value: plain }] } },
      }),
      [`${plain}>mistral`],
    ],
    ['YAML', `mistral: ${plain}\ncohere:\n  - ${plain}2\n`, [`${plain}>mistral`]],
    ['a header', `-H "Authorization: Bearer ${groq}"`, [`${groq}>groq`]],
    ['prose', `My Groq key is ${groq}, please keep it.`, [`${groq}>groq`]],
    ['a table', `| Groq | ${groq} |`, [`${groq}>groq`]],
    ['a provider of one’s own', `my-box: ${plain}`, [`${plain}>my-box`]],
    [
      'display names',
      `Z.ai: ${plain}\nTogether AI = ${plain}2`,
      [`${plain}>zai`, `${plain}2>together`],
    ],
  ])('reads %s', (_what, text, keys) => {
    expect(detect(text)).toEqual(keys);
  });

  it('lets a name decide among those who share a beginning', () => {
    expect(detect(`DEEPSEEK_API_KEY=${anyone}`)).toEqual([`${anyone}>deepseek`]);
    expect(detect(`SOME_KEY=${anyone}`)).toEqual([`${anyone}>${sharers}`]);
  });

  it('tells both where the name and the beginning disagree', () => {
    expect(detect(`OPENAI_API_KEY=${groq}`)).toEqual([`${groq}>groq|openai`]);
  });

  it('asks whose a key is that begins like no other', () => {
    expect(detect(plain)).toEqual([`${plain}>`]);
    expect(detect('0f8fad5b-d9cb-469f-a165-70867728950e')).toEqual([
      '0f8fad5b-d9cb-469f-a165-70867728950e>',
    ]);
  });

  it.each([
    '',
    ' ',
    'hello',
    'Hello, this is a text without any key in it at all.',
    'OPENAI_API_KEY=',
    'OPENAI_API_KEY=your-api-key-here',
    'GROQ_API_KEY=<your key>',
    'GROQ_API_KEY=${GROQ_KEY}',
    'OPENAI_API_KEY=sk-...',
    'OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxx',
    'OPENAI_BASE_URL=https://api.openai.com/v1',
    'https://api.openai.com/v1/chat/completions',
    `DATABASE_PASSWORD=${plain}`,
    `STRIPE_SECRET=${plain}`,
    '{}',
    '[]',
    '{"a":1}',
    'null',
    '{"groq":null}',
    'sk-',
    'gsk_',
    'node_modules/openai/index.js',
    '/usr/local/share/something1234567890',
    'internationalization-and-localization',
    '# GROQ_API_KEY=gsk_0123456789abcdef',
  ])('finds nothing in %j', (text) => expect(detect(text)).toEqual([]));

  it('tells a key once, with the most that is known of it', () => {
    expect(detect(`${plain}\n${plain}\nMISTRAL_API_KEY=${plain}`)).toEqual([`${plain}>mistral`]);
  });

  it('keeps labels', () => {
    expect(detectKeys(`GROQ_API_KEY=${groq} # work`, providers)[0]?.label).toBe('work');
    expect(
      detectKeys(JSON.stringify([{ provider: 'groq', label: 'home', key: groq }]), providers)[0]
        ?.label,
    ).toBe('home');
    expect(detectKeys(groq, providers)[0]).not.toHaveProperty('label');
  });

  it('shows no secret in a preview', () => {
    const key = detectKeys(groq, providers)[0];
    expect(key?.preview).toBe('gsk_…mnop');
  });

  it('never throws, is quick, and never names a provider that is not there', () => {
    const piece = fc.constantFrom(
      'gsk_',
      'sk-',
      'sk-ant-',
      'OPENAI_API_KEY',
      '=',
      ':',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ',',
      '\n',
      ' ',
      '#',
      'export ',
      plain,
      groq,
      'Bearer ',
      '\\',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.json(),
    );
    fc.assert(
      fc.property(text, (pasted) => {
        for (const key of detectKeys(pasted, providers)) {
          expect(key.preview).not.toContain(key.secret);
          expect(key.preview.length).toBeLessThan(key.secret.length + 1);
          expect(pasted.includes(key.secret) || pasted.includes('\\')).toBe(true);
          for (const id of key.providers) expect(providers.map((one) => one.id)).toContain(id);
        }
      }),
      { numRuns: 1000 },
    );
  }, 20_000);

  it.each([
    ['one letter', 'a'],
    ['spaces', ' '],
    ['quotes', '"'],
    ['equal signs', '='],
    ['names', 'a='],
    ['words', 'ab '],
    ['commas', 'a,'],
    ['open brackets', '['],
    ['lines', 'a: b\n'],
  ])('reads a megabyte of %s within 2 seconds', (_what, piece) => {
    const started = performance.now();
    detectKeys(piece.repeat(1_000_000 / piece.length), providers);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('keys of more than one word', () => {
  const account = JSON.stringify(
    {
      type: 'service_account',
      project_id: 'p-1',
      private_key_id: '0123456789abcdef0123456789abcdef01234567',
      private_key: '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n',
      client_email: 'robot@p-1.iam.gserviceaccount.com',
    },
    null,
    2,
  );
  it('are one key: the file of a service account', () => {
    expect(detectKeys(account, CATALOG)).toEqual([
      { secret: account, preview: 'robot@…', providers: ['google-vertex-ai'], label: 'p-1' },
    ]);
  });

  it('are one key: a pair of AWS among others', () => {
    const id = 'AKIAABCDEFGHIJKLMNOP';
    const key = 'abcdefghijklmnopqrstuvwxyz/+0123456789AB';
    const env = `AWS_ACCESS_KEY_ID=${id}\nGROQ_API_KEY=gsk_abcdefghijklmnopqrstuvwxyz0123\nexport AWS_SECRET_ACCESS_KEY="${key}"\nAWS_REGION=eu-west-1`;
    expect(detectKeys(env, CATALOG)).toMatchObject([
      { secret: `${id}:${key}`, providers: ['aws-bedrock'] },
      { providers: ['groq'] },
    ]);
    for (const text of [`${id}:${key}`, `${id}\n${key}\n`])
      expect(detectKeys(text, CATALOG)).toMatchObject([
        { secret: `${id}:${key}`, providers: ['aws-bedrock'] },
      ]);
  });
});
