import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendJson, serve, type Loopback } from '../../testing/loopback.ts';
import { accessTokenOf, forgetAccessTokens, readServiceAccount } from './service-account.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

let server: Loopback;
let forms: URLSearchParams[] = [];
let answer: (count: number) => [object, number] = (count) => [
  { access_token: `ya29.${count}`, expires_in: 3600, token_type: 'Bearer' },
  200,
];
const clock = { now: Date.now() };
const ports = {
  now: () => clock.now,
  fetch: async (request: Request) => {
    // The loopback reads JSON bodies: the form goes by here.
    forms.push(new URLSearchParams(await request.clone().text()));
    return fetch(new Request(request, { body: '{}' }));
  },
};

beforeEach(async () => {
  forgetAccessTokens();
  forms = [];
  clock.now = Date.now();
  server = await serve((response) => {
    const [body, status] = answer(forms.length);
    setTimeout(() => sendJson(response, body, status), 20);
  });
});
afterEach(() => server.close());

const fileOf = (change: object = {}) =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'p-1',
    private_key_id: 'kid-1',
    private_key: privateKey,
    client_email: 'me@p-1.iam.gserviceaccount.com',
    token_uri: `${server.origin}/token`,
    ...change,
  });
const token = (file = fileOf(), url = `${server.origin}/v1/x`) => accessTokenOf(ports, file, url);

describe('tokens of a Google service account', () => {
  it('are asked for with a signed assertion, as Google wants it', async () => {
    expect(await token()).toBe('ya29.1');
    expect(server.received[0]).toMatchObject({ method: 'POST', path: '/token' });
    expect(forms[0]!.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(
      forms[0]!.get('assertion')!,
      createPublicKey(publicKey),
      { audience: `${server.origin}/token`, issuer: 'me@p-1.iam.gserviceaccount.com' },
    );
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' });
    expect(payload.scope).toBe('https://www.googleapis.com/auth/cloud-platform');
    expect(payload.exp! - payload.iat!).toBe(3600);
  });

  it('are asked for once by many calls at a time, and kept', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => token()));
    expect(new Set(all)).toEqual(new Set(['ya29.1']));
    expect(await token()).toBe('ya29.1');
    expect(server.received).toHaveLength(1);
  });

  it('are renewed shortly before they end, by one of the callers', async () => {
    await token();
    clock.now += 3_600_000 - 121_000;
    expect(await token()).toBe('ya29.1');
    clock.now += 2000;
    expect(new Set(await Promise.all([token(), token(), token()]))).toEqual(new Set(['ya29.2']));
    expect(server.received).toHaveLength(2);
  });

  it('belong to one key each, and go when the vault locks', async () => {
    await token();
    expect(await token(fileOf({ private_key_id: 'kid-2' }))).toBe('ya29.2');
    forgetAccessTokens();
    expect(await token()).toBe('ya29.3');
  });

  it('that are refused say why, without the key, and are asked for anew', async () => {
    const usual = answer;
    answer = () => [{ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400];
    await expect(token()).rejects.toMatchObject({
      code: 'key_refused',
      message: 'Google refused the service account: invalid_grant: Invalid JWT Signature.',
    });
    answer = () => [{}, 503];
    await expect(token()).rejects.toMatchObject({ code: 'bad_upstream' });
    answer = usual;
    expect(await token()).toBe('ya29.3');
  });

  it('are asked of Google only, unless provider and token server are both on this computer', async () => {
    const evil = ['https://oauth2.googleapis.com.evil.example/token', 'https://evil.example/token'];
    for (const token_uri of [...evil, 'http://oauth2.googleapis.com/token', 'nonsense'])
      await expect(token(fileOf({ token_uri }))).rejects.toMatchObject({ code: 'key_refused' });
    await expect(token(fileOf(), 'https://aiplatform.googleapis.com/v1')).rejects.toMatchObject({
      code: 'key_refused',
    });
    expect(forms).toHaveLength(0);
  });

  it('are not asked for with a broken file', async () => {
    for (const file of [
      'no json',
      '{}',
      fileOf({ private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }),
    ]) {
      const error = await token(file).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code: 'key_refused' });
      expect((error as Error).message).not.toContain('AAAA');
    }
  });

  it('a file whose line breaks were written out is read all the same', async () => {
    const written = fileOf({ private_key: privateKey.replaceAll('\n', '\\n') });
    expect(readServiceAccount(written)?.privateKey).toBe(privateKey);
    expect(await token(written)).toBe('ya29.1');
  });
});
