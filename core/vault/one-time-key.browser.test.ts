import { expect, test } from 'vitest';
import { createReceiver, encryptTo } from './one-time-key.ts';

const TEXT = 'sk-canary \u{1F511} ' + 'x'.repeat(100_000);

test('what is encrypted to a receiver opens there, and is new each time', async () => {
  const receiver = await createReceiver();
  const [one, other] = [
    await encryptTo(receiver.publicKey, TEXT),
    await encryptTo(receiver.publicKey, TEXT),
  ];
  expect(await receiver.open(one)).toBe(TEXT);
  expect(await receiver.open(other)).toBe(TEXT);
  expect(one.slice(0, 40)).not.toBe(other.slice(0, 40));
  expect(one).not.toContain('canary');
});

test('no other receiver opens it', async () => {
  const [receiver, other] = [await createReceiver(), await createReceiver()];
  await expect(other.open(await encryptTo(receiver.publicKey, TEXT))).rejects.toThrow();
});

test('any flipped bit is refused', async () => {
  const receiver = await createReceiver();
  const alphabet = { alphabet: 'base64url', omitPadding: true } as const;
  const bytes = Uint8Array.fromBase64(await encryptTo(receiver.publicKey, 'short'), alphabet);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    await expect(receiver.open(changed.toBase64(alphabet)), `byte ${at}`).rejects.toThrow();
  }
});

test.each([
  ['nothing', ''],
  ['text', 'x y'],
  ['too short', 'AAAA'],
  ['too long', 'A'.repeat(86)],
  ['the point that makes every secret the same', 'A'.repeat(43)],
])('a public key that is %s is refused', async (_what, key) => {
  await expect(encryptTo(key, 'x')).rejects.toMatchObject({
    code: 'invalid_request',
    param: 'keys',
  });
});
