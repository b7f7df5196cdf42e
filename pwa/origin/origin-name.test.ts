import { domainToASCII } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isLookalike, toOriginName, toShortName } from './origin-name.ts';

describe('an origin taken apart', () => {
  it('sets the registrable domain apart from the rest', () => {
    expect(toOriginName('https://notes.example.com')).toMatchObject({
      before: 'notes.',
      domain: 'example.com',
      port: '',
      scheme: 'https',
      loopback: false,
      lookalike: false,
    });
  });

  it('keeps a port and knows a loopback address', () => {
    expect(toOriginName('http://localhost:5173')).toMatchObject({
      before: '',
      domain: 'localhost',
      port: ':5173',
      scheme: 'http',
      loopback: true,
    });
    expect(toOriginName('http://127.0.0.1:9200').loopback).toBe(true);
    expect(toOriginName('http://[::1]:9200').loopback).toBe(true);
    expect(toOriginName('http://127.0.0.1.evil.com').domain).toBe('evil.com');
  });

  it('keeps punycode as the browser gave it, and says how it may be shown', () => {
    const name = toOriginName('https://www.xn--mnchen-3ya.de');
    expect(name.domain).toBe('xn--mnchen-3ya.de');
    expect(name.unicode).toBe('www.münchen.de');
    expect(name.lookalike).toBe(false);
  });

  it('has no other name for plain ASCII', () => {
    expect(toOriginName('https://example.com')).not.toHaveProperty('unicode');
  });

  it('names a site in a sentence by host and port', () => {
    expect(toShortName('http://localhost:5173')).toBe('localhost:5173');
    expect(toShortName('null')).toBe('null');
  });
});

describe('a name that reads as another', () => {
  it.each([
    'nοtes', // Greek omicron among Latin
    'pаypal', // Cyrillic a
    'аррӏе', // all Cyrillic, all of it passing for Latin
    'оса',
    'gıthub', // dotless i
    'goοgle',
    'exa\u0561mple', // Armenian among Latin
    'ɢoogle', // small capital G
  ])('%s', (text) => {
    const ascii = domainToASCII(text);
    expect(ascii).toMatch(/^xn--/);
    expect(isLookalike(ascii)).toBe(true);
  });

  it.each([
    'münchen',
    'пример',
    '日本語',
    'ひらがな',
    'アニメ-shop',
    '한국어',
    'ελλάδα',
    'łódź',
    'café',
    'ยินดี',
    'ความ',
    'भारत',
  ])('but not %s', (text) => {
    const ascii = domainToASCII(text);
    expect(ascii).toMatch(/^xn--/);
    expect(isLookalike(ascii)).toBe(false);
  });

  it('is suspected where the punycode cannot be read', () => {
    expect(isLookalike('xn--99999999999')).toBe(true);
  });
});

it('shows a pattern as it was written', () => {
  const name = toOriginName('https://*.notes.example.com:8443');
  expect(name.before + name.domain + name.port).toBe('*.notes.example.com:8443');
  expect(name.domain).toBe('example.com');
  expect(toShortName('https://*.example.com')).toBe('*.example.com');
});
