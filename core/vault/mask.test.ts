import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSecret } from './mask.ts';

test('a key of usual length shows its ends', () => {
  expect(maskSecret('gsk_abcdefghijklmnop9fQ2')).toBe('gsk_…9fQ2');
});

test('a short secret shows less, a very short one nothing', () => {
  expect(maskSecret('123456789012')).toBe('12…12');
  expect(maskSecret('hunter2')).toBe('…');
  expect(maskSecret('')).toBe('…');
});

test('no secret of any length shows more than two fifths of itself, nor its length', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200 }), (secret) => {
      const preview = maskSecret(secret);
      const [head = '', tail = ''] = [
        preview.slice(0, preview.indexOf('…')),
        preview.slice(preview.lastIndexOf('…') + 1),
      ];
      expect((preview.length - 1) / secret.length).toBeLessThanOrEqual(0.4);
      expect(preview.length).toBeLessThanOrEqual(9);
      if (!secret.includes('…')) {
        expect(secret.startsWith(head)).toBe(true);
        expect(secret.endsWith(tail)).toBe(true);
      }
    }),
  );
});
