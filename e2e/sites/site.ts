import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sdkFile, type Sdk, SDKS } from './bundle.ts';

/** The strictest page that can still run its own script. */
export const STRICT_CSP =
  "default-src 'none'; script-src 'self'; connect-src 'none'; require-trusted-types-for 'script'";

export interface SiteOptions {
  /** The page's Content-Security-Policy; `null` for none. Default: STRICT_CSP. */
  csp?: string | null;
  /** SDK scripts that `/` loads, self-hosted. */
  scripts?: Sdk[];
  /** The body of `/`. */
  body?: string;
  /** Other paths: a string is HTML under the same policy; an object says everything. */
  pages?: Record<string, string | { body: string; headers?: Record<string, string> }>;
}

export interface Site {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** `origin` and `/`. */
  url: string;
  /** The same server under another name: `at('a.localhost')` is another origin. */
  at(hostname: string): string;
  /** Each request that came, as `GET /path`. */
  received: string[];
  close(): Promise<void>;
}

const html = (title: string, scripts: Sdk[], body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
  scripts.map((sdk) => `<script src="/${sdk}.js"></script>`).join('') +
  `<body>${body}</body></html>`;

/**
 * Serves pages on a random port of loopback: any web site, for the browser. `/echo` answers what it is
 * sent, `/slow` never answers.
 */
export async function createSite(options: SiteOptions = {}): Promise<Site> {
  const csp = options.csp === undefined ? STRICT_CSP : options.csp;
  const policy: Record<string, string> = csp === null ? {} : { 'content-security-policy': csp };
  const received: string[] = [];

  const send = (response: ServerResponse, body: string | Buffer, headers: Record<string, string>) =>
    response.writeHead(200, headers).end(body);
  const page = { 'content-type': 'text/html; charset=utf-8', ...policy };

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    received.push(`${request.method} ${path}`);
    const own = options.pages?.[path];
    const sdk = SDKS.find((name) => path === `/${name}.js`);
    if (typeof own === 'string') send(response, own, page);
    else if (own) send(response, own.body, { ...page, ...own.headers });
    else if (sdk) {
      send(response, readFileSync(sdkFile(sdk)), {
        'content-type': 'text/javascript; charset=utf-8',
      });
    } else if (path === '/') {
      send(
        response,
        html('A web app', options.scripts ?? [], options.body ?? '<h1>A web app</h1>'),
        page,
      );
    } else if (path === '/echo') {
      response.writeHead(200, { 'content-type': 'text/plain' });
      request.pipe(response);
    } else if (path !== '/slow') response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/`,
    at: (hostname) => `http://${hostname}:${port}/`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
