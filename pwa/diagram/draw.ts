/**
 * Runs in the sandboxed frame, which has no origin, no network and no way out: draws the text that its
 * port brings. Mermaid needs HTML strings, which no page of ours allows.
 */
import type { Mermaid } from 'mermaid';
import { HIGHEST, type DiagramAnswer, type DiagramQuestion } from './protocol.ts';

declare const mermaid: Mermaid;

const INERT = 'image, img, iframe, object, embed, form, meta, base, link, script, audio, video';

let count = 0;

async function draw({ text, dark }: DiagramQuestion): Promise<SVGElement> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    maxTextSize: 50_000,
    maxEdges: 500,
    theme: dark ? 'dark' : 'default',
    fontFamily: 'system-ui, sans-serif',
  });
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
  const { svg } = await mermaid.render(`diagram-${(count += 1)}`, text);
  const drawn = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg');
  if (!drawn) throw new Error('Nothing was drawn');
  for (const element of drawn.querySelectorAll(INERT)) element.remove();
  for (const link of drawn.querySelectorAll('a')) {
    for (const { name } of [...link.attributes]) link.removeAttribute(name);
  }
  return drawn;
}

function serve(port: MessagePort): void {
  const answer = (said: DiagramAnswer) => port.postMessage(said);
  const tellHeight = new ResizeObserver(([entry]) => {
    if (entry) answer({ height: Math.min(Math.ceil(entry.contentRect.height), HIGHEST) });
  });
  port.onmessage = ({ data }: MessageEvent<DiagramQuestion>) => {
    draw(data).then(
      (drawn) => {
        tellHeight.disconnect();
        document.body.replaceChildren(drawn);
        tellHeight.observe(document.body);
      },
      (error: unknown) =>
        answer({ problem: String((error as Error | undefined)?.message ?? error) }),
    );
  };
}

const style = document.createElement('style');
style.textContent = 'html{overflow:hidden}body{margin:0}svg{display:block;margin:auto;height:auto}';
document.head.append(style);

addEventListener('message', ({ source, ports: [port] }) => {
  if (source === parent && port) serve(port);
});
