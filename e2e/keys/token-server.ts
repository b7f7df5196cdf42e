/** A token server on loopback that rotates refresh tokens, and a provider that takes what it gave last. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenServer {
  readonly origin: string;
  /** What came to the token endpoint, oldest first. */
  readonly asked: URLSearchParams[];
  /** The keys that came to the provider. */
  readonly sent: string[];
  /** Whatever came to the place that a redirect leads to. */
  readonly strayed: string[];
  /** How the token endpoint behaves. */
  play: 'rotates' | 'fails' | 'a page' | 'redirects' | 'revoked' | 'hangs';
  /** The token that the provider takes, and the one before it no more. */
  access(): string;
  refresh(): string;
  /** How long a token lasts, in seconds. */
  life: number;
  /** How many left before they were answered. */
  left: number;
  /** Answers those that hang, where they still listen. */
  release(): void;
  close(): Promise<void>;
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

export async function createTokenServer(): Promise<TokenServer> {
  let turn = 1;
  let held: (() => void)[] = [];
  const nameOf = (kind: string) => `${kind}-canary-7c1e9b2a4836-${turn}`;
  const json = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
    });
    response.end(JSON.stringify(body));
  };

  function renew(form: URLSearchParams, response: ServerResponse): void {
    if (response.destroyed) return; // who has left is given nothing
    if (world.play === 'revoked' || form.get('refresh_token') !== nameOf('refresh'))
      return json(response, 400, { error: 'invalid_grant', error_description: nameOf('refresh') });
    turn += 1;
    json(response, 200, {
      access_token: nameOf('access'),
      refresh_token: nameOf('refresh'),
      token_type: 'Bearer',
      expires_in: world.life,
    });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    const { pathname } = new URL(request.url ?? '', 'http://x');
    if (pathname === '/elsewhere') {
      world.strayed.push(body);
      return json(response, 200, {});
    }
    if (pathname === '/token') {
      const form = new URLSearchParams(body);
      world.asked.push(form);
      switch (world.play) {
        case 'fails':
          return json(response, 500, { error: 'server_error' });
        case 'a page':
          response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>');
          return;
        case 'redirects':
          response.writeHead(307, { location: '/elsewhere' }).end();
          return;
        case 'hangs':
          held.push(() => renew(form, response));
          response.on('close', () => (world.left += Number(!response.writableFinished)));
          return;
        default:
          return renew(form, response);
      }
    }
    const key = request.headers.authorization ?? '';
    world.sent.push(key);
    if (key !== `Bearer ${nameOf('access')}`)
      return json(response, 401, { error: { message: `no such token: ${key}` } });
    if (pathname === '/v1/models') return json(response, 200, { data: [{ id: 'm1' }] });
    json(response, 200, {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm1',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    });
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const world: TokenServer = {
    origin: `http://127.0.0.1:${port}`,
    asked: [],
    sent: [],
    strayed: [],
    play: 'rotates',
    life: 3600,
    left: 0,
    access: () => nameOf('access'),
    refresh: () => nameOf('refresh'),
    release() {
      for (const go of held) go();
      held = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return world;
}
