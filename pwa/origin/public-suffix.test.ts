import { expect, it } from 'vitest';
import { registrableDomain } from './public-suffix.ts';

it.each([
  ['notes.example.com', 'example.com'],
  ['example.com', 'example.com'],
  ['a.b.notes.co.uk', 'notes.co.uk'],
  ['notes.com.au', 'notes.com.au'],
  ['co.uk', 'co.uk'],
  ['x.alice.github.io', 'alice.github.io'],
  ['alice.github.io', 'alice.github.io'],
  ['github.io', 'github.io'],
  ['my-app.up.railway.app', 'my-app.up.railway.app'],
  ['localhost', 'localhost'],
  ['app.localhost', 'app.localhost'],
  ['127.0.0.1', '127.0.0.1'],
  ['[::1]', '[::1]'],
  ['login.example.com.evil.net', 'evil.net'],
])('%s -> %s', (host, domain) => {
  expect(registrableDomain(host)).toBe(domain);
});
