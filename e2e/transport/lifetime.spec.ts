/**
 * The life of the extension's worker with nobody attached to it: a debugger on the worker keeps it
 * alive, so this browser runs by itself, and its page tells a server what happened.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/chromium.mjs';
import { expect, openaiAt, test } from '../fixtures.ts';
import { EXTENSION, launchGatehouse } from '../gatehouse.ts';

interface Told {
  model: string;
  stream: boolean;
  status: number;
  text: string;
  seconds: number;
}

/** Runs in the page: makes all calls at once, so that each is silent while the others are. */
const script = (calls: { model: string; stream: boolean }[]) => `
  const ask = async ({ model, stream }) => {
    const started = Date.now();
    const tell = (status, text) => ({ model, stream, status, text, seconds: (Date.now() - started) / 1000 });
    try {
      const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'openai/' + model, stream, messages: [{ role: 'user', content: 'Hi' }] }),
      });
      return tell(response.status, await response.text());
    } catch (error) {
      return tell(0, String(error));
    }
  };
  const ready = await fetch('https://gatehouse.invalid/ping').then(() => true, () => false);
  if (!ready) setTimeout(() => location.reload(), 500); // the extension is still being loaded
  else fetch('/told', { method: 'POST', body: JSON.stringify(await Promise.all(${JSON.stringify(calls)}.map(ask))) });
`;

/** A site that hands its page the calls, and waits for what the page tells. */
async function createReporter(calls: { model: string; stream: boolean }[]) {
  let tell: (told: Told[]) => void;
  const all = new Promise<Told[]>((resolve) => (tell = resolve));
  /** Rejects in time for the browser to be closed: nothing else would end it. */
  const told = (withinMs: number) =>
    Promise.race([
      all,
      new Promise<never>((_, reject) =>
        setTimeout(() => reject(new Error('The page told nothing')), withinMs).unref(),
      ),
    ]);
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!doctype html><script type="module">${script(calls)}</script>`);
      return;
    }
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      response.end();
      tell(JSON.parse(body) as Told[]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, told, close: () => server.close() };
}

/**
 * Asks the browser for a tab, over plain HTTP: no debugger session is opened to anything. An address
 * on the command line is now and then never opened.
 */
async function openTab(profile: string, address: string): Promise<void> {
  const file = join(profile, 'DevToolsActivePort');
  const readPort = () =>
    readFile(file, 'utf8').then(
      (text) => Number.parseInt(text),
      () => 0,
    );
  await expect.poll(readPort, { timeout: 30_000 }).toBeGreaterThan(0);
  const asked = await fetch(`http://127.0.0.1:${await readPort()}/json/new?${address}`, {
    method: 'PUT',
  });
  expect(asked.status).toBe(200);
}

const LONG = process.env.LONG === '1';
const CALLS = [
  { model: 'headers-after-45', stream: false },
  { model: 'headers-after-45', stream: true },
  { model: 'gap-45', stream: true },
  ...(LONG
    ? [
        { model: 'headers-after-150', stream: true },
        { model: 'slow-1000-400', stream: true },
      ]
    : []),
];

test('silences that would kill a worker by itself do not end a call', async ({ upstream }) => {
  const waitMs = (LONG ? 460 : 110) * 1000;
  test.setTimeout(waitMs + 40_000);
  const profile = await mkdtemp(join(tmpdir(), 'gatehouse-lifetime-'));
  const reporter = await createReporter(CALLS);
  const configured = await launchGatehouse({ profile });
  await configured.configure({
    ...openaiAt(upstream, reporter.origin),
    settings: { firstByteTimeoutMs: 300_000, idleTimeoutMs: 300_000 },
  });
  await configured.close();

  const browser = spawn(
    findChromium() ?? '',
    [
      '--headless=new',
      ...CHROMIUM_ARGUMENTS,
      `--user-data-dir=${profile}`,
      `--disable-extensions-except=${EXTENSION}`,
      `--load-extension=${EXTENSION}`,
      '--remote-debugging-port=0',
    ],
    { stdio: 'ignore' },
  );
  try {
    await openTab(profile, reporter.origin);
    const told = await reporter.told(waitMs);
    for (const { model, stream, seconds } of told) {
      console.log(`${model}${stream ? ', streamed' : ''}: complete after ${seconds.toFixed(1)} s`);
    }
    for (const { stream, status, text, seconds } of told) {
      expect([status, text]).toEqual([200, expect.not.stringContaining('"error"')]);
      if (stream) expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      else expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion' });
      expect(seconds).toBeGreaterThan(44);
    }
    expect(upstream.received).toHaveLength(CALLS.length);
  } finally {
    const gone = new Promise((resolve) => browser.once('exit', resolve));
    browser.kill('SIGKILL');
    await gone;
    reporter.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
