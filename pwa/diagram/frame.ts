/**
 * The PWA's way to a sandboxed frame that works offline: a service worker does not serve frames
 * without an origin, so this page, which it does serve, fetches the scripts and makes the frame out of
 * them. The frame's own policy lets only those run, and this page's policy lets it go nowhere.
 */
const SCRIPTS = [`mermaid.js?${__MERMAID_VERSION__}`, 'draw.js'];

const scripts = Promise.all(
  SCRIPTS.map(async (file) => {
    const response = await fetch(file);
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    return response.text();
  }),
);

const nonce = crypto.randomUUID();
const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'unsafe-inline'`;
/** Runs the scripts of the first message. */
const start = `addEventListener('message', ({ data }) => {
  for (const text of data) {
    const script = document.createElement('script');
    script.nonce = '${nonce}';
    script.textContent = text;
    document.head.append(script);
  }
}, { once: true });`;

const frame = document.createElement('iframe');
frame.sandbox.add('allow-scripts');
frame.title = document.title;
frame.srcdoc = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Diagram</title><script nonce="${nonce}">${start}</script></head><body></body></html>`;
const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
document.body.append(frame);

addEventListener('message', ({ source, origin, ports: [port] }) => {
  if (source !== parent || origin !== location.origin || !port) return;
  Promise.all([scripts, loaded]).then(
    ([texts]) => {
      frame.contentWindow?.postMessage(texts, '*');
      frame.contentWindow?.postMessage(null, '*', [port]);
    },
    () => port.postMessage({ unavailable: true }),
  );
});
