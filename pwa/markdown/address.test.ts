import { describe, expect, test } from 'vitest';
import { isInlineImage, saysItsHost, toAddress } from './address.ts';

describe('an address in a model’s text', () => {
  test.each([
    ['https://a.example/x?y#z', 'a.example'],
    ['HTTP://A.Example:8080', 'a.example:8080'],
    ['https://bücher.example/', 'xn--bcher-kva.example'],
    ['mailto:me@a.example?subject=secret&body=chat', 'me@a.example'],
  ])('%s is opened and says %s', (text, host) => {
    expect(toAddress(text)?.host).toBe(host);
  });

  test.each([
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://a/1',
    'chrome-extension://abc/x',
    'intent://x',
    '#/settings',
    '/v1/models',
    '//evil.example',
    'relative',
    '',
    'https://bank.example@evil.example/',
    'https://user:pass@a.example',
    'ftp://a.example',
    'mailto:nobody',
    'filesystem:http://a/x',
    'view-source:https://a.example',
    'ws://a.example',
  ])('%j is refused', (text) => {
    expect(toAddress(text)).toBeUndefined();
  });

  test('a mail address loses the fields that could carry a text out', () => {
    expect(toAddress('mailto:me@a.example?body=secret')?.href).toBe('mailto:me@a.example');
  });

  test('a link says its host unless its words do', () => {
    const address = toAddress('https://evil.example/path');
    if (!address) throw new Error('refused');
    expect(saysItsHost('evil.example', address)).toBe(true);
    expect(saysItsHost('https://evil.example/path', address)).toBe(true);
    expect(saysItsHost('https://bank.example', address)).toBe(false);
    expect(saysItsHost('evil.example.bank.example', address)).toBe(false);
    expect(saysItsHost('click here', address)).toBe(false);
  });

  test('only pictures without script count as inline ones', () => {
    expect(isInlineImage('data:image/png;base64,iVBORw0KGgo=')).toBe(true);
    expect(isInlineImage('data:image/svg+xml;base64,PHN2Zz4=')).toBe(false);
    expect(isInlineImage('data:text/html;base64,PHN2Zz4=')).toBe(false);
    expect(isInlineImage('https://a.example/x.png')).toBe(false);
  });
});
