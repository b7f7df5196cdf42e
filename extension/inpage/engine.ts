import { createClient } from '../../core/transport/client.ts';
import { createResponder, type Responder } from '../../core/transport/respond.ts';
import { createPagePort, type PagePort } from './page-port.ts';
import { createReadUrl } from './virtual.ts';
import { createXhrEngine, type XhrEngine } from './xhr.ts';

export type Engine = XhrEngine &
  Pick<Responder, 'fetch'> &
  Pick<PagePort, 'onWindowMessage'> & { readUrl: ReturnType<typeof createReadUrl> };

/** All that a call needs. It costs a frame some 30 kB. */
export function createEngine(): Engine {
  const { port, onWindowMessage } = createPagePort();
  const send = createClient(port);
  const responder = createResponder(send);
  const { fetch } = responder;
  const { open, leave } = createXhrEngine(send, responder);
  return { fetch, open, leave, onWindowMessage, readUrl: createReadUrl() };
}
