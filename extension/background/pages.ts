import { CHANGE_CHANNEL, type Caller, type Change, type Control } from '../../core/index.ts';
import { readKnownPages, saveKnownPages, type KnownPage } from '../known-pages.ts';
import { announce, tell } from './announce.ts';

/** The web pages that asked for Gatehouse: they are told of what concerns them, and no others. */
export interface Pages {
  /** The page behind this port asked who is there. */
  announceTo(port: chrome.runtime.Port, caller: Promise<Caller>): void;
}

const MOST_KEPT = 200;
/** Several changes of one kind are one event. */
const GATHER_MS = 50;

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#007c7d" d="M1 2h14v3H1zm1 4h4v8H2zm8 0h4v8h-4z"/></svg>',
  );

export function createPages(control: () => Pick<Control, 'getSite' | 'status'>): Pages {
  const known = readKnownPages();
  const gathered = new Set<string>();

  const info = () => ({
    uuid: crypto.randomUUID(),
    name: 'Gatehouse',
    icon: ICON,
    rdns: 'app.gatehouse',
    version: chrome.runtime.getManifest().version,
    baseURL: 'https://gatehouse.invalid/v1',
  });

  async function remember(document: string, page: KnownPage): Promise<void> {
    const pages = await known;
    pages[document] = page;
    const [oldest] = Object.keys(pages);
    if (Object.keys(pages).length > MOST_KEPT && oldest) delete pages[oldest];
    await saveKnownPages(pages);
  }

  async function tellAll(name: string): Promise<void> {
    const pages = await known;
    await Promise.all(
      Object.entries(pages).map(async ([document, { tabId, origin, topOrigin }]) => {
        const site = await control().getSite(origin, topOrigin);
        const allowed = site?.decision === 'allow' && !site.lacksProfile;
        // Who may not use it learns that, and nothing else.
        if (name !== 'permission_changed' && !allowed) return;
        await chrome.scripting
          .executeScript({
            target: { tabId, documentIds: [document] },
            world: 'MAIN',
            func: tell,
            args: [name, name === 'permission_changed' ? { allowed } : {}],
          })
          .catch(() => delete pages[document]);
      }),
    );
  }

  function gather(name: string): void {
    if (gathered.has(name)) return;
    gathered.add(name);
    setTimeout(() => {
      gathered.delete(name);
      void tellAll(name).catch(() => undefined);
    }, GATHER_MS);
  }

  new BroadcastChannel(CHANGE_CHANNEL).addEventListener(
    'message',
    ({ data: { topic } }: MessageEvent<Change>) => {
      if (topic === 'sites' || topic === 'profiles') gather('permission_changed');
      if (topic === 'models' || topic === 'keys' || topic === 'providers') gather('models_changed');
      if (topic === 'lock')
        void control()
          .status()
          .then(({ locked }) => locked && gather('locked'));
    },
  );

  return {
    announceTo({ sender }, caller) {
      const { documentId: document, origin, tab } = sender ?? {};
      if (document === undefined || origin === undefined || tab?.id === undefined) return;
      const tabId = tab.id;
      const learn = async () => {
        const who = await caller;
        if (who.kind === 'site')
          await remember(document, { tabId, origin, topOrigin: who.topOrigin });
      };
      void learn().catch(() => undefined);
      void chrome.scripting
        .executeScript({
          target: { tabId, documentIds: [document] },
          world: 'MAIN',
          injectImmediately: true,
          func: announce,
          args: [info()],
        })
        .catch(() => undefined);
    },
  };
}
