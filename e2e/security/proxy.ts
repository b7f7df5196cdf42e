import { connect } from 'node:net';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordingProxy {
  /** Switches that send all of a browser's traffic through it, that to loopback too. */
  args: string[];
  /** Every host that was asked for, with its port. */
  hosts: Set<string>;
  close(): Promise<void>;
}

/** An HTTP proxy that notes who is called, and lets loopback through only: the rest is refused. */
export async function createRecordingProxy(): Promise<RecordingProxy> {
  const hosts = new Set<string>();
  const isLoopback = (host: string) => /^(127\.0\.0\.1|localhost|\[::1\])$/.test(host);

  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '/', 'http://nowhere.invalid');
    hosts.add(url.host);
    if (!isLoopback(url.hostname)) return void answer.writeHead(403).end();
    const outgoing = forward(
      url,
      { method: incoming.method, headers: incoming.headers },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming, socket) => {
    hosts.add(incoming.url ?? '');
    const { hostname, port } = new URL(`http://${incoming.url}`);
    if (!isLoopback(hostname)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const through = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    args: [`--proxy-server=http://127.0.0.1:${port}`, '--proxy-bypass-list=<-loopback>'],
    hosts,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
