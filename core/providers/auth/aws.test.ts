import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAwsKeys, signAws } from './aws.ts';

/**
 * Signature version 4 written down once more, from its specification, to hold the library's against.
 * Source: docs.aws.amazon.com, "Create a signed AWS API request".
 */
function expectedSignature(
  request: { method: string; url: string; headers: Headers; body: string | Uint8Array },
  signed: string[],
  secretKey: string,
  scope: string,
): string {
  const { host, pathname, search } = new URL(request.url);
  const sha = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const canonical = [
    request.method,
    // Each segment of the path is encoded once more than it was sent.
    pathname
      .split('/')
      .map((segment) => encodeURIComponent(segment))
      .join('/'),
    search.slice(1),
    ...signed.map((name) => `${name}:${name === 'host' ? host : request.headers.get(name)}`),
    '',
    signed.join(';'),
    sha(request.body),
  ].join('\n');
  const [date = '', region = '', service = ''] = scope.split('/');
  const key = mac(mac(mac(mac(`AWS4${secretKey}`, date), region), service), 'aws4_request');
  const toSign = ['AWS4-HMAC-SHA256', request.headers.get('x-amz-date'), scope, sha(canonical)];
  return mac(key, toSign.join('\n')).toString('hex');
}

const NOW = Date.UTC(2015, 7, 30, 12, 36);
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

async function sign(url: string, secret: string, body: string | Uint8Array | Blob = '{"a":"ü"}') {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json' });
  const set = await signAws({ method: 'POST', url, headers, body }, secret, NOW);
  for (const [name, value] of set) headers.set(name, value);
  return headers;
}

describe('requests signed for AWS', () => {
  const model = 'us.anthropic.claude-haiku-4-5-20251001-v1%3A0';
  for (const [title, url, secret, region, body] of [
    [
      'an id with a colon in the path',
      `https://bedrock-runtime.eu-west-1.amazonaws.com/model/${model}/converse`,
      `AKIDEXAMPLE:${SECRET}`,
      'eu-west-1',
      '{"a":"ü"}',
    ],
    [
      'an inference profile’s ARN, and a session token',
      `https://bedrock-runtime.us-gov-west-1.amazonaws.com/model/${encodeURIComponent('arn:aws:bedrock:us-east-1:1:inference-profile/x')}/converse-stream`,
      `ASIDEXAMPLE:${SECRET}:FwoGZXIvYXdzEBY+/=`,
      'us-gov-west-1',
      new TextEncoder().encode('bytes'),
    ],
    [
      'a port, and the region of the key where the address tells none',
      'http://127.0.0.1:9100/model/m/converse?x=1',
      JSON.stringify({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, region: 'ap-south-1' }),
      'ap-south-1',
      new Blob(['blob']),
    ],
  ] as const)
    it(`carry the right signature: ${title}`, async () => {
      const headers = await sign(url, secret, body);
      const authorization = headers.get('authorization') ?? '';
      const [, id, scope, signed, signature] =
        /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
          authorization,
        ) ?? [];
      expect(id).toMatch(/^A[KS]IDEXAMPLE$/);
      expect(scope).toBe(`20150830/${region}/bedrock/aws4_request`);
      expect(headers.get('x-amz-date')).toBe('20150830T123600Z');
      const names = signed!.split(';');
      expect(names).toEqual(expect.arrayContaining(['host', 'x-amz-date']));
      if (secret.startsWith('ASI')) expect(names).toContain('x-amz-security-token');
      const bytes =
        body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : (body as string);
      const request = { method: 'POST', url, headers, body: bytes };
      expect(signature).toBe(expectedSignature(request, names, SECRET, scope!));
      expect(JSON.stringify([...headers])).not.toContain(SECRET);
    });

  it('are signed anew for each body', async () => {
    const url = 'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse';
    const [one, other] = [await sign(url, `A:${SECRET}`, '1'), await sign(url, `A:${SECRET}`, '2')];
    expect(one.get('authorization')).not.toBe(other.get('authorization'));
  });

  it('carry a Bedrock API key as it is', async () => {
    const headers = await sign('https://bedrock-runtime.us-east-1.amazonaws.com/x', 'ABSKabc=');
    expect(headers.get('authorization')).toBe('Bearer ABSKabc=');
    expect(headers.has('x-amz-date')).toBe(false);
  });

  it('are not made with what is no AWS key', async () => {
    for (const secret of ['{}', '{"accessKeyId":"A"}', '{broken'])
      await expect(
        sign('https://bedrock-runtime.us-east-1.amazonaws.com/x', secret),
      ).rejects.toThrow(expect.objectContaining({ code: 'key_refused' }) as Error);
  });
});

describe('what a person pastes of AWS', () => {
  const pair = { accessKeyId: 'AKIA1', secretAccessKey: 's/e+c' };
  for (const [title, text, keys] of [
    ['a pair with a colon', 'AKIA1:s/e+c', pair],
    ['a pair with a comma', ' AKIA1, s/e+c\n', pair],
    ['two lines', 'AKIA1\ns/e+c', pair],
    ['with a session token', 'AKIA1:s/e+c:t==', { ...pair, sessionToken: 't==' }],
    [
      'lines for the environment',
      'export AWS_ACCESS_KEY_ID="AKIA1"\nexport AWS_SECRET_ACCESS_KEY=s/e+c\nAWS_SESSION_TOKEN=t==\nAWS_REGION=eu-west-1',
      { ...pair, sessionToken: 't==', region: 'eu-west-1' },
    ],
    [
      'the credentials file',
      '[default]\r\naws_access_key_id = AKIA1\r\naws_secret_access_key = s/e+c\r\n',
      pair,
    ],
    [
      'what aws sts prints',
      '{"Credentials":{"AccessKeyId":"AKIA1","SecretAccessKey":"s/e+c","SessionToken":"t=="}}',
      { ...pair, sessionToken: 't==' },
    ],
    ['a Bedrock API key', 'ABSKQmVkcm9ja0FQSUtleS1=', 'ABSKQmVkcm9ja0FQSUtleS1='],
    ['nothing', '  ', undefined],
  ] as const)
    it(`is understood: ${title}`, () => expect(readAwsKeys(text)).toEqual(keys));
});
