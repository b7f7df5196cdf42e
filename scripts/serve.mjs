/** A static file server for built pages, on loopback. Node's own modules only. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** File names that carry a hash of their content never change. */
const HASHED = /-[\w-]{8,}\.\w+$/;

/**
 * @param {string} folder
 * @param {string} path the URL's path
 * @returns {Promise<string | undefined>} the file, never outside the folder
 */
async function findFile(folder, path) {
  const file = normalize(join(folder, decodeURIComponent(path)));
  if (file !== folder && !file.startsWith(folder + sep)) return undefined;
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory())
    return path.endsWith('/') ? findFile(folder, `${path}index.html`) : undefined;
  return found && file;
}

/**
 * @param {string} folder
 * @param {Record<string, string>} extraHeaders
 * @returns {import('node:http').RequestListener}
 */
function answerFrom(folder, extraHeaders) {
  return (request, response) => {
    /** @param {number} status */
    const refuse = (status) => {
      response
        .writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
        .end(`${status}\n`);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    const path = (request.url ?? '/').split(/[?#]/)[0] ?? '/';
    findFile(folder, path).then(
      (file) => {
        if (!file) return refuse(404);
        const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(file))];
        response.writeHead(200, {
          'content-type': type ?? 'application/octet-stream',
          'cache-control': HASHED.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
          'x-content-type-options': 'nosniff',
          ...extraHeaders,
        });
        if (request.method === 'HEAD') return response.end();
        createReadStream(file).pipe(response);
      },
      () => refuse(400),
    );
  };
}

/**
 * @param {import('node:http').RequestListener} listener
 * @param {number} port
 * @param {string} host
 * @returns {Promise<import('node:http').Server>}
 */
function listen(listener, port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer(listener);
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: host === '::1' }, () => resolve(server));
  });
}

/**
 * Serves a folder on http://localhost. Rejects with EADDRINUSE where the port is taken.
 * @param {string} folder absolute
 * @param {{ port?: number, headers?: Record<string, string> }} [options] port 0: a free one
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serveFolder(folder, { port = 0, headers = {} } = {}) {
  const listener = answerFrom(normalize(folder), headers);
  const servers = [await listen(listener, port, '127.0.0.1')];
  const address = /** @type {import('node:net').AddressInfo} */ (servers[0]?.address());
  try {
    // `localhost` is ::1 first on some systems; where IPv6 is off, 127.0.0.1 is enough.
    servers.push(await listen(listener, address.port, '::1'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') {
      servers[0]?.close();
      throw error;
    }
  }
  return {
    url: `http://localhost:${address.port}`,
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}
