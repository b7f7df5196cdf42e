/** Runs in a page: what `fetch` and `XMLHttpRequest` do there for anything but the virtual origin. */

/** JSON of everything that a page can see of its own calls; nothing in it depends on time or port. */
export async function observe(): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  const clean = (text: string) => text.replaceAll(location.origin, 'ORIGIN');
  const tell = (error: unknown) =>
    error instanceof Error ? `${error.name}: ${clean(error.message)}` : clean(String(error));
  const look = async (name: string, work: () => unknown) => {
    try {
      seen[name] = await work();
    } catch (error) {
      seen[name] = tell(error);
    }
  };
  const ofResponse = async (response: Response) => ({
    type: response.type,
    url: clean(response.url),
    status: response.status,
    statusText: response.statusText,
    redirected: response.redirected,
    headers: [...response.headers].filter(([key]) => !/date|keep-alive|connection/.test(key)),
    body: await response.text(),
  });

  // The function itself.
  await look('fetch as a function', () => [
    fetch.name,
    fetch.length,
    `${fetch}`,
    Function.prototype.toString.call(XMLHttpRequest.prototype.open).includes('[native code]'),
    Object.getOwnPropertyNames(fetch).sort(),
    Object.keys(Object.getOwnPropertyDescriptor(globalThis, 'fetch') ?? {}),
    typeof fetch.prototype,
  ]);
  await look('new fetch', () => Reflect.construct(fetch, ['/data.json']));
  await look('fetch with another this', () => fetch.call({} as never, '/data.json'));
  await look('fetch of nothing', () => (fetch as () => unknown)());
  for (const [name, url] of [
    ['a bad URL', 'http://'],
    ['a URL with a password', 'http://user:secret@127.0.0.1/'],
    ['a scheme that is none', 'nothing:here'],
    ['a missing page', '/missing'],
    ['data', 'data:text/plain,hello'],
    ['a near name', 'https://gatehouse.invalid.example.invalid/v1'],
    ['another port', 'https://gatehouse.invalid:8443/v1/models'],
    ['no TLS', 'http://gatehouse.invalid/v1/models'],
  ] as const) {
    await look(`fetch of ${name}`, async () => ofResponse(await fetch(url)));
  }
  await look('fetch of JSON', async () => ofResponse(await fetch('/data.json')));
  await look('fetch of a Request', async () => ofResponse(await fetch(new Request('/data.json'))));
  await look('fetch of a URL object', async () =>
    ofResponse(await fetch(new URL('/data.json', location.href))),
  );
  await look('fetch of an object that is text', async () =>
    ofResponse(await fetch({ toString: () => '/data.json' } as never)),
  );
  await look('how often it reads the argument', async () => {
    let reads = 0;
    await fetch({ toString: () => `/data.json?${++reads}` } as never);
    return reads;
  });
  await look('fetch with HEAD', async () =>
    ofResponse(await fetch('/data.json', { method: 'HEAD' })),
  );
  await look('fetch with a bad method', () => fetch('/data.json', { method: 'TRACE' }));
  await look('fetch with a body on GET', () => fetch('/data.json', { body: 'x' }));
  await look('fetch of form data', async () => {
    const body = new FormData();
    body.set('a', new Blob(['hello'], { type: 'text/plain' }), 'a.txt');
    const answer = await (await fetch('/echo', { method: 'POST', body })).text();
    return answer.replaceAll(/-{4,}WebKitFormBoundary\w+/g, 'BOUNDARY');
  });
  await look('fetch that was given up', () => fetch('/data.json', { signal: AbortSignal.abort() }));
  await look('fetch given up with a reason', () =>
    fetch('/data.json', { signal: AbortSignal.abort(new Error('mine')) }),
  );
  await look('fetch given up on the way', async () => {
    const controller = new AbortController();
    const answer = fetch('/slow', { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    return answer;
  });
  await look('fetch of another origin', () => fetch('http://127.0.0.1:9/'));
  await look('keepalive, cache, integrity', async () =>
    ofResponse(
      await fetch('/data.json', { keepalive: true, cache: 'no-store', integrity: 'sha256-wrong' }),
    ),
  );

  // XMLHttpRequest: each event in its order.
  const xhr = (name: string, prepare: (request: XMLHttpRequest) => void) =>
    look(name, async () => {
      const request = new XMLHttpRequest();
      const events: unknown[] = [];
      const note = (what: string) => (event: Event) =>
        events.push([
          what + event.type,
          request.readyState,
          request.status,
          event instanceof ProgressEvent && [event.loaded, event.total, event.lengthComputable],
          event.isTrusted,
        ]);
      for (const type of [
        'readystatechange',
        'loadstart',
        'load',
        'error',
        'abort',
        'timeout',
        'loadend',
      ]) {
        request.addEventListener(type, note(''));
        if (type !== 'readystatechange') request.upload.addEventListener(type, note('upload '));
      }
      const over = new Promise((resolve) => request.addEventListener('loadend', resolve));
      prepare(request);
      await over;
      const { responseType } = request;
      const text = responseType === '' || responseType === 'text' ? request.responseText : '';
      const headers = request
        .getAllResponseHeaders()
        .split('\r\n')
        .filter((line) => !/^(?:date|keep-alive|connection)/.test(line));
      return [
        events,
        request.status,
        request.statusText,
        clean(request.responseURL),
        headers,
        responseType === 'arraybuffer'
          ? (request.response as ArrayBuffer).byteLength
          : responseType === 'json'
            ? request.response
            : text,
      ];
    });
  await xhr('XHR reads JSON', (request) => {
    request.open('GET', '/data.json');
    request.responseType = 'json';
    request.send();
  });
  await xhr('XHR posts text', (request) => {
    request.open('POST', '/echo');
    request.setRequestHeader('x-own', 'yes');
    request.send('hello');
  });
  await xhr('XHR reads bytes', (request) => {
    request.open('GET', '/data.json');
    request.responseType = 'arraybuffer';
    request.send();
  });
  await xhr('XHR fails', (request) => {
    request.open('GET', 'http://127.0.0.1:9/');
    request.send();
  });
  await xhr('XHR is given up', (request) => {
    request.open('GET', '/slow');
    request.send();
    setTimeout(() => request.abort(), 50);
  });
  await xhr('XHR runs out of time', (request) => {
    request.open('GET', '/slow');
    request.timeout = 50;
    request.send();
  });
  await look('XHR at once', () => {
    const request = new XMLHttpRequest();
    request.open('GET', '/data.json', false);
    request.send();
    return [request.readyState, request.status, request.responseText];
  });
  await look('XHR in a wrong state', () => {
    const request = new XMLHttpRequest();
    request.send();
  });
  await look('XHR with a bad URL', () => new XMLHttpRequest().open('GET', 'http://'));
  await look('XHR without arguments', () => (new XMLHttpRequest().open as () => void)());
  await look('XHR members on another object', () => {
    const { get } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'status')!;
    return get!.call({});
  });
  await look('XHR as a class', () => [
    XMLHttpRequest.name,
    XMLHttpRequest.length,
    Object.getOwnPropertyNames(XMLHttpRequest.prototype),
    XMLHttpRequest.prototype.open.length,
    Object.prototype.toString.call(new XMLHttpRequest()),
  ]);
  // What a page could notice of us.
  await look('globals', () =>
    Object.getOwnPropertyNames(globalThis).filter((name) => /gatehouse/i.test(name)),
  );
  return JSON.parse(JSON.stringify(seen)) as Record<string, unknown>;
}
