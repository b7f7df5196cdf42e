/** Runs in a page: what its code sees of calls to one base URL, of a server or of ours. */

export interface Base {
  readonly url: string;
  /** How a model of the loopback upstream is named there. */
  readonly prefix: string;
}

/** JSON of what a page can see; nothing in it depends on time, address or header lists. */
export async function battery({ url, prefix }: Base): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  const tell = (error: unknown) =>
    error instanceof Error || error instanceof DOMException
      ? `${error.constructor.name} ${error.name}`
      : String(error);
  const look = async (name: string, work: () => unknown) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, 8000, 'never')));
    try {
      seen[name] = await Promise.race([work(), late]);
    } catch (error) {
      seen[name] = `throws ${tell(error)}`;
    }
    clearTimeout(timer);
  };

  const chat = `${url}/chat/completions`;
  const text = (model = 'm1', stream = false) =>
    JSON.stringify({
      model: `${prefix}${model}`,
      stream,
      messages: [{ role: 'user', content: 'Hi' }],
    });
  const post = (body: BodyInit, init: RequestInit = {}) =>
    fetch(chat, { method: 'POST', body, ...init });
  const said = (body: string) => /"content":"([^"]*)"/.exec(body)?.[1];
  const answer = async (response: Promise<Response>) => said(await (await response).text());

  // What a request may be made of.
  const encoder = new TextEncoder();
  const bytes = encoder.encode(text());
  const inside = new Uint8Array(bytes.length + 20);
  inside.set(bytes, 10);
  await look('a text', () => answer(post(text())));
  await look('bytes', () => answer(post(bytes)));
  await look('a view into a larger buffer', () =>
    answer(post(inside.subarray(10, 10 + bytes.length))),
  );
  await look('a DataView', () => answer(post(new DataView(bytes.buffer, 0, bytes.length))));
  await look('a Blob', () => answer(post(new Blob([bytes]))));
  await look('an object that is text', () =>
    answer(post({ toString: () => text() } as unknown as string)),
  );
  await look('a Request', () => answer(fetch(new Request(chat, { method: 'POST', body: text() }))));
  await look('a Request with an init over it', () =>
    answer(
      fetch(new Request(chat, { method: 'PUT', body: 'x' }), { method: 'POST', body: text() }),
    ),
  );
  await look('a URL object', () => answer(fetch(new URL(chat), { method: 'POST', body: text() })));
  await look('a method in small letters', () => answer(post(text(), { method: 'post' })));
  await look('headers as a list', () =>
    answer(post(text(), { headers: [['Content-Type', 'application/json']] })),
  );
  await look('a header that is none', () => post(text(), { headers: { 'bad name': 'x' } }));
  await look('a forbidden method', () => post(text(), { method: 'TRACE' }));
  await look('a body on GET', () => fetch(`${url}/models`, { body: 'x' }));
  await look('a body that was read', async () => {
    const request = new Request(chat, { method: 'POST', body: text() });
    await request.text();
    return fetch(request);
  });
  await look('the body of a Request is used', async () => {
    const request = new Request(chat, { method: 'POST', body: text() });
    const response = fetch(request);
    const used = request.bodyUsed;
    await (await response).text();
    return [used, request.bodyUsed];
  });
  await look('a mode that needs the same origin', () => post(text(), { mode: 'same-origin' }));

  // What an answer is.
  await look('the answer', async () => {
    const response = await post(text());
    const before = response.bodyUsed;
    await response.text();
    return {
      is: response instanceof Response,
      headers: response.headers instanceof Headers,
      body: response.body instanceof ReadableStream,
      own: Object.keys(response),
      type: response.type,
      ok: response.ok,
      status: response.status,
      redirected: response.redirected,
      url: response.url === chat,
      used: [before, response.bodyUsed],
      contentType: response.headers.get('content-type')?.split(';')[0],
      tag: Object.prototype.toString.call(response),
    };
  });
  await look('headers can not be changed', async () => {
    const { headers } = await post(text());
    headers.set('x-own', '1');
    return headers.get('x-own');
  });
  await look('read twice', async () => {
    const response = await post(text());
    await response.text();
    return response.text();
  });
  await look('json', async () => said(JSON.stringify(await (await post(text())).json())));
  await look('blob', async () => {
    const blob = await (await post(text())).blob();
    return [blob.type.split(';')[0], said(await blob.text())];
  });
  await look('arrayBuffer', async () =>
    said(new TextDecoder().decode(await (await post(text())).arrayBuffer())),
  );
  await look('bytes of it', async () => {
    const response = (await post(text())) as Response & { bytes(): Promise<Uint8Array> };
    return said(new TextDecoder().decode(await response.bytes()));
  });
  await look('formData', async () => (await post(text())).formData());
  await look('a clone', async () => {
    const response = await post(text());
    const clone = response.clone();
    return [said(await clone.text()), said(await response.text()), clone.url === chat, clone.type];
  });
  await look('tee', async () => {
    const [one, other] = (await post(text('m1', true))).body!.tee();
    const read = (stream: ReadableStream) => new Response(stream).text();
    const texts = await Promise.all([read(one), read(other)]);
    return texts[0] === texts[1] && texts[0].endsWith('data: [DONE]\n\n');
  });
  await look('a reader with its own buffer', async () => {
    const reader = (await post(text('m1', true))).body!.getReader({ mode: 'byob' });
    let length = 0;
    let view = new Uint8Array(64);
    for (;;) {
      const step = await reader.read(view);
      if (step.done) return [length > 100, step.value?.byteLength];
      length += step.value.byteLength;
      view = new Uint8Array(step.value.buffer);
    }
  });
  await look('pipeThrough a decoder', async () => {
    const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>;
    let all = '';
    const stream = (await post(text('m1', true))).body!.pipeThrough(decoder);
    const reader = stream.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) all += step.value;
    return all.endsWith('data: [DONE]\n\n');
  });
  await look('for await', async () => {
    let count = 0;
    const body = (await post(text('m1', true))).body as unknown as AsyncIterable<Uint8Array>;
    for await (const chunk of body) count += chunk instanceof Uint8Array ? 1 : 1000;
    return count > 0 && count < 1000;
  });
  await look('for await, left early', async () => {
    const response = await post(text('chunks-2000', true));
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (chunk.length > 0) break;
    }
    return [response.bodyUsed, response.body!.locked];
  });
  await look('getReader locks', async () => {
    const { body } = await post(text());
    body!.getReader();
    return [body!.locked, body!.getReader()];
  });
  await look('cancel', async () => {
    const response = await post(text('chunks-2000', true));
    await response.body!.cancel('enough');
    return response.text();
  });
  await look('HEAD', async () => {
    const response = await fetch(`${url}/models`, { method: 'HEAD' });
    return [response.body, await response.text()];
  });

  // Aborts.
  await look('aborted before', () => post(text(), { signal: AbortSignal.abort() }));
  await look('aborted before, with a reason', () =>
    post(text(), { signal: AbortSignal.abort(new RangeError('mine')) }),
  );
  await look('aborted while it waits', () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    return post(text('hang'), { signal: controller.signal });
  });
  await look('a timeout', () => post(text('hang'), { signal: AbortSignal.timeout(50) }));
  await look('any of two signals', () =>
    post(text('hang'), {
      signal: AbortSignal.any([AbortSignal.timeout(50), new AbortController().signal]),
    }),
  );
  await look('the signal of a Request', () => {
    const controller = new AbortController();
    const request = new Request(chat, {
      method: 'POST',
      body: text('hang'),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new RangeError('mine')), 50);
    return fetch(request);
  });
  await look('aborted in mid-stream', async () => {
    const controller = new AbortController();
    const response = await post(text('gap-5', true), { signal: controller.signal });
    const reader = response.body!.getReader();
    await reader.read();
    controller.abort(new RangeError('mine'));
    for (;;) if ((await reader.read()).done) return 'ended';
  });
  await look('aborted after its end', async () => {
    const controller = new AbortController();
    const response = await post(text(), { signal: controller.signal });
    const body = await response.text();
    controller.abort();
    return said(body);
  });

  // XMLHttpRequest.
  const xhr = (
    prepare: (request: XMLHttpRequest) => void = () => {},
    body: XMLHttpRequestBodyInit | null = text(),
    method = 'POST',
    address = chat,
  ) =>
    new Promise<{ request: XMLHttpRequest; events: string[] }>((resolve) => {
      const request = new XMLHttpRequest();
      const events: string[] = [];
      const note = (kind: string) => {
        if (events.at(-1) !== kind) events.push(kind);
      };
      request.onreadystatechange = () => note(`state ${request.readyState}`);
      for (const type of [
        'loadstart',
        'progress',
        'load',
        'error',
        'abort',
        'timeout',
        'loadend',
      ]) {
        request.addEventListener(type, () => note(type));
      }
      request.addEventListener('loadend', () => resolve({ request, events }));
      request.open(method, address);
      prepare(request);
      request.send(body);
    });
  await look('XHR', async () => {
    const { request, events } = await xhr();
    return [
      events,
      request.readyState,
      request.status,
      request.responseURL === chat,
      said(request.responseText),
      request.getResponseHeader('Content-Type')?.split(';')[0],
      /^content-type: application\/json/m.test(request.getAllResponseHeaders()),
      request.getResponseHeader('x-none'),
    ];
  });
  for (const type of ['json', 'blob', 'arraybuffer', 'text'] as const) {
    await look(`XHR ${type}`, async () => {
      const { request } = await xhr((made) => (made.responseType = type));
      const { response } = request as { response: unknown };
      return [
        Object.prototype.toString.call(response),
        said(
          type === 'json'
            ? JSON.stringify(response)
            : await new Response(response as BodyInit).text(),
        ),
      ];
    });
  }
  await look('responseText of a blob', async () => {
    const { request } = await xhr((made) => (made.responseType = 'blob'));
    return request.responseText;
  });
  await look('XHR timeout', async () => {
    const { request, events } = await xhr((made) => (made.timeout = 100), text('hang'));
    return [events, request.readyState, request.status, request.responseText];
  });
  await look('XHR abort', async () => {
    const { request, events } = await xhr(
      (made) => setTimeout(() => made.abort(), 100),
      text('hang'),
    );
    return [events, request.readyState, request.status];
  });
  await look('XHR of an error', async () => {
    const { request, events } = await xhr(undefined, text('status-500'));
    return [events, request.status];
  });
  await look('XHR GET', async () => {
    const { request } = await xhr(undefined, null, 'GET', `${url}/models`);
    return [request.status, /"object":\s*"list"/.test(request.responseText)];
  });
  await look('XHR send before open', () => new XMLHttpRequest().send());
  await look('XHR header before open', () => new XMLHttpRequest().setRequestHeader('a', 'b'));
  await look('XHR send twice', () => {
    const request = new XMLHttpRequest();
    request.open('POST', chat);
    request.send(text());
    request.send(text());
  });
  await look('XHR header after send', () => {
    const request = new XMLHttpRequest();
    request.open('POST', chat);
    request.send(text());
    request.setRequestHeader('a', 'b');
  });
  await look('XHR used again', async () => {
    const request = new XMLHttpRequest();
    const once = () =>
      new Promise((resolve) => {
        request.open('POST', chat);
        request.onload = () => resolve(said(request.responseText));
        request.send(text());
      });
    return [await once(), await once()];
  });
  return seen;
}
