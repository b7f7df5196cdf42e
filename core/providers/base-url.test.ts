import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../testing/figures.ts';
import { checkBaseUrl } from './base-url.ts';

/** typed -> regular form, on this computer or not */
const accepted: readonly (readonly [string, string, boolean])[] = [
  ['https://api.openai.com/v1', 'https://api.openai.com/v1', false],
  ['https://api.openai.com/v1/', 'https://api.openai.com/v1', false],
  ['https://api.openai.com/v1///', 'https://api.openai.com/v1', false],
  ['  https://api.openai.com/v1\n', 'https://api.openai.com/v1', false],
  ['https://api.openai.com', 'https://api.openai.com', false],
  ['https://api.openai.com/', 'https://api.openai.com', false],
  ['HTTPS://API.OpenAI.com/V1', 'https://api.openai.com/V1', false],
  ['api.openai.com/v1', 'https://api.openai.com/v1', false],
  ['api.openai.com', 'https://api.openai.com', false],
  ['api.example.com:8443/v1', 'https://api.example.com:8443/v1', false],
  ['https://api.openai.com:443/v1', 'https://api.openai.com/v1', false],
  ['https://api.openai.com:8443/v1', 'https://api.openai.com:8443/v1', false],
  ['https://llm.example/v1', 'https://llm.example/v1', false],
  ['https://api.z.ai/api/paas/v4', 'https://api.z.ai/api/paas/v4', false],
  ['https://api.openai.com//v1', 'https://api.openai.com/v1', false],
  ['https://a.b/c/../v1', 'https://a.b/v1', false],
  ['https://a.b/c/%2e%2e/v1', 'https://a.b/v1', false],
  ['https://a.b/./v1', 'https://a.b/v1', false],
  ['https://a.b/models', 'https://a.b/models', false],
  ['https://8.8.8.8/v1', 'https://8.8.8.8/v1', false],
  ['https://1.1.1.1', 'https://1.1.1.1', false],
  ['https://172.15.255.255', 'https://172.15.255.255', false],
  ['https://172.32.0.0', 'https://172.32.0.0', false],
  ['https://100.63.255.255', 'https://100.63.255.255', false],
  ['https://100.128.0.0', 'https://100.128.0.0', false],
  ['https://192.167.255.255', 'https://192.167.255.255', false],
  ['https://198.17.255.255', 'https://198.17.255.255', false],
  ['https://198.20.0.0', 'https://198.20.0.0', false],
  ['https://223.255.255.255', 'https://223.255.255.255', false],
  ['https://[2606:4700:4700::1111]/v1', 'https://[2606:4700:4700::1111]/v1', false],
  ['https://[2001:4860:4860::8888]', 'https://[2001:4860:4860::8888]', false],
  ['https://[2A00:1450:4001:80b::200e]', 'https://[2a00:1450:4001:80b::200e]', false],
  ['http://localhost:11434', 'http://localhost:11434', true],
  ['http://localhost:11434/v1', 'http://localhost:11434/v1', true],
  ['localhost:11434', 'http://localhost:11434', true],
  ['localhost:1234/v1', 'http://localhost:1234/v1', true],
  ['localhost', 'http://localhost', true],
  ['LOCALHOST:8080', 'http://localhost:8080', true],
  ['https://localhost:8443/v1', 'https://localhost:8443/v1', true],
  ['http://ollama.localhost:11434', 'http://ollama.localhost:11434', true],
  ['http://a.b.localhost', 'http://a.b.localhost', true],
  ['http://127.0.0.1', 'http://127.0.0.1', true],
  ['http://127.0.0.1:9100/v1', 'http://127.0.0.1:9100/v1', true],
  ['127.0.0.1:8000', 'http://127.0.0.1:8000', true],
  ['http://127.255.255.254:1', 'http://127.255.255.254:1', true],
  ['http://127.1.2.3:8080/v1', 'http://127.1.2.3:8080/v1', true],
  ['https://127.0.0.1:8443', 'https://127.0.0.1:8443', true],
  ['http://[::1]:8080/v1', 'http://[::1]:8080/v1', true],
  ['[::1]:8080', 'http://[::1]:8080', true],
  ['http://[0:0:0:0:0:0:0:1]', 'http://[::1]', true],
  ['http://LOCALHOST', 'http://localhost', true],
];

/** Hosts that are not on the public internet, in each form that a URL parser takes for them. */
const privateHosts: readonly string[] = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '169.254.169.254',
  '169.254.0.1',
  '172.16.0.1',
  '172.20.10.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.170',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.1.1',
  '192.168.255.255',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::2]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:8.8.8.8]',
  '[::ffff:0:127.0.0.1]',
  '[::ffff:0:8.8.8.8]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a00:1]',
  '[64:ff9b::8.8.8.8]',
  '[64:ff9b:1::1]',
  '[64:ff9b:1:ffff::10.0.0.1]',
  '[100::1]',
  '[2001::1]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  '[2001:2::1]',
  '[2001:10::1]',
  '[2001:20::1]',
  '[2001:db8::1]',
  '[2002:7f00:1::]',
  '[2002:a00:1::1]',
  '[3fff::1]',
  '[5f00::1]',
  '[fc00::1]',
  '[fd00::1]',
  '[fd12:3456:789a:1::1]',
  '[fe80::1]',
  '[febf::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
  'router',
  'nas',
  'intranet',
  'printer.local',
  'nas.lan',
  'wiki.corp',
  'gitlab.internal',
  'metadata.google.internal',
  'box.home',
  'box.home.arpa',
  'pc.localdomain',
  'a.private',
  'x.intranet',
  'gatehouse.invalid',
  'abc.onion',
  '1.0.0.127.in-addr.arpa',
  '127.0.0.1.nip.io',
  '10-0-0-1.sslip.io',
  'localtest.me',
  'app.localtest.me',
  'lvh.me',
  '7f000001.c0a80001.rbndr.us',
];

/** Other writings of addresses: of loopback too, because a reader can't see where they lead. */
const disguisedHosts: readonly string[] = [
  '2130706433',
  '0x7f000001',
  '0x7F.0x0.0x0.0x1',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '0177.0.0.01',
  '127.1',
  '127.0.1',
  '127.00.00.01',
  '127.0.0.0x1',
  '3232235521',
  '0xc0a80001',
  '0300.0250.0.1',
  '192.168.257',
  '10.1',
  '012.0.0.1',
  '0xa.0.0.1',
  '167772161',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.254.43518',
  '0',
  '0x0',
  '134744072',
  '8.8.2056',
  '010.8.8.8',
  '127.0.0.1.',
  '192.168.0.1.',
  '8.8.8.8.',
  'localhost.',
  'api.openai.com.',
  'a.localhost.',
  'api.openai.com..',
  '.api.openai.com',
  'api..openai.com',
  '%31%32%37.0.0.1',
  '127.0.0.%31',
  'local%68ost',
  'api%2eopenai.com',
  '127%2e0%2e0%2e1',
  '１２７.0.0.1',
  '127。0。0。1',
  '①②⑦.0.0.1',
  '[::1%25eth0]',
  '[::1]x',
  '[::1',
  '::1',
];

const schemes = ['https://', 'http://'] as const;
const tails = ['', '/v1', ':8443/v1'] as const;

/** Whole texts that are no base URL at all. */
const refusedTexts: readonly string[] = [
  '',
  ' ',
  'https://',
  'https:///v1',
  'http://',
  '//api.openai.com/v1',
  '/v1',
  'v1',
  '.',
  'https:api.openai.com/v1',
  'https:/api.openai.com/v1',
  'https:\\\\api.openai.com\\v1',
  'https://api.openai.com\\v1',
  'https://api.openai.com\\@evil.example/v1',
  'https://api openai.com/v1',
  'https://api.openai.com/v1 /x',
  'https://api.open\tai.com/v1',
  'https://api.open\nai.com/v1',
  'https://api.open\u200bai.com/v1',
  'https://api.openai\u00ad.com/v1',
  'https://api.openai.com\u2060/v1',
  'https://api.openai.com/v1\u0000x',
  'http://api.openai.com/v1',
  'HTTP://api.openai.com/v1',
  'http://8.8.8.8/v1',
  'http://[2606:4700:4700::1111]/v1',
  'http://localhost.evil.example/v1',
  'http://127.0.0.1.evil.example/v1',
  'http://evil-localhost/v1',
  'http://notlocalhost/v1',
  'ftp://api.openai.com/v1',
  'ws://localhost:1234',
  'wss://api.openai.com',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/html,x',
  'blob:https://a.b/1',
  'about:blank',
  'chrome://settings',
  'chrome-extension://abc/x',
  'filesystem:https://a.b/x',
  'view-source:https://a.b',
  'mailto:a@b.c',
  'https://user@api.openai.com/v1',
  'https://user:pass@api.openai.com/v1',
  'https://:pass@api.openai.com/v1',
  'https://@api.openai.com/v1',
  'https://:@api.openai.com/v1',
  'https://api.openai.com@evil.example/v1',
  'https://api.openai.com%40evil.example/v1',
  'user@localhost:1234',
  'localhost:1234@evil.example/v1',
  'https://api.openai.com/v1?x=1',
  'https://api.openai.com/v1?',
  'https://api.openai.com?',
  'https://api.openai.com/v1#x',
  'https://api.openai.com/v1#',
  'https://api.openai.com#@evil.example',
  'api.openai.com/v1?key=sk-1',
  'https://api.openai.com:99999/v1',
  'https://api.openai.com:0/v1',
  'https://api.openai.com:port/v1',
  'https://api.openai.com:-1/v1',
  'https://api.openai.com:80 80/v1',
  'localhost:port',
  'https://a.b/%2f%2fevil',
  'https://a.b/..%2f..%2fadmin',
  'https://a.b/x%5cy',
  'https://a.b/x%00y',
  'https://a.b/x%0d%0ay',
  'https://api.cloudflare.com/client/v4/accounts/{accountId}/ai/v1',
  'https://{resource}.openai.azure.com/openai/v1',
  'https://<your-host>/v1',
  'https://a|b.example/v1',
  'https://a^b.example/v1',
  'https://xn--/v1',
  `https://${'a'.repeat(64)}.example/v1`,
  `https://a.example/${'x'.repeat(2048)}`,
  'sk-proj-abcdefghijklmnop',
  'OPENAI_API_KEY=sk-x',
  'null',
  'undefined',
];

describe('checkBaseUrl', () => {
  it.each(accepted)('takes %j as %s', (typed, url, local) => {
    expect(checkBaseUrl(typed)).toMatchObject({ ok: true, url, local });
  });

  const hostUrls = [...privateHosts, ...disguisedHosts].flatMap((host) =>
    schemes.flatMap((scheme) => tails.map((tail) => `${scheme}${host}${tail}`)),
  );

  it('is tried on more than 300 addresses', ({ task: { meta } }) => {
    const count = accepted.length + hostUrls.length + refusedTexts.length;
    expect(count).toBeGreaterThan(300);
    meta.figure = `${count} addresses`;
  });

  it.each(hostUrls)('refuses the host of %s', (typed) => {
    expect(checkBaseUrl(typed)).toMatchObject({ ok: false });
  });

  it.each(refusedTexts)('refuses %j with a reason', (typed) => {
    const check = checkBaseUrl(typed);
    expect(check.ok).toBe(false);
    if (!check.ok) expect(check.reason).toMatch(/^.{10,}[.]$/s);
  });

  it.each([
    ['https://a.b/v1/v1', 'https://a.b/v1/v1', /\/v1 twice/],
    ['https://a.b/api/v1/v1/', 'https://a.b/api/v1/v1', /\/v1 twice/],
    ['https://a.b/v4/v4/x', 'https://a.b/v4/v4/x', /\/v4 twice/],
    ['https://a.b/v1/chat/completions', 'https://a.b/v1', /chat\/completions/],
    ['https://a.b/v1/v1/chat/completions/', 'https://a.b/v1/v1', /chat\/completions.*twice/],
    ['https://аpi.example/v1', 'https://xn--pi-6kc.example/v1', /xn--pi-6kc\.example/],
  ])('warns about %s', (typed, url, warning) => {
    expect(checkBaseUrl(typed)).toMatchObject({
      ok: true,
      url,
      warning: expect.stringMatching(warning),
    });
  });

  it('does not warn about paths that only look doubled', () => {
    for (const typed of ['https://a.b/v1', 'https://a.b/v1/v12', 'https://a.b/v1/x/v1'])
      expect(checkBaseUrl(typed)).not.toHaveProperty('warning');
  });

  it('never throws, and what it takes is https or on this computer', () => {
    const pieces = fc.constantFrom(
      'https://',
      'http://',
      '127.0.0.1',
      'localhost',
      '@',
      ':',
      '/',
      '.',
      '[::1]',
      'evil.example',
      '%',
      '\\',
      '?',
      '#',
      '0x7f',
      '1',
      'v1',
      'ff',
      ' ',
      '..',
      '。',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (typed) => {
        const check = checkBaseUrl(typed);
        if (!check.ok) return;
        const url = new URL(check.url);
        expect(url.username + url.password + url.search + url.hash).toBe('');
        expect(url.protocol === 'https:' || check.local).toBe(true);
        if (check.local)
          expect(url.hostname).toMatch(/^(127\.|\[::1\]$|localhost$|.*\.localhost$)/);
        // What was taken once is taken again, unchanged.
        expect(checkBaseUrl(check.url)).toMatchObject({ ok: true, url: check.url });
      }),
      { numRuns: 3000 },
    );
  });
});
