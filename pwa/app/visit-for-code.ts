/** Where the page that the person comes back to tells the page that they left. Of this origin alone. */
const CHANNEL = 'gatehouse-codes';
const LOOK_EVERY_MS = 500;

interface Arrival {
  readonly state: string;
  readonly code: string;
}

/** In a web app: another tab, which comes back to this app's own address. */
export async function visitForCode(toPage: (callback: string) => string): Promise<string> {
  const state = crypto.randomUUID();
  const callback = new URL(`/?connect=${state}`, location.origin).href;
  const channel = new BroadcastChannel(CHANNEL);
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    const arrived = new Promise<string>((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<Arrival>) => {
        if (data.state === state) resolve(data.code);
      };
    });
    const tab = window.open(toPage(callback), '_blank');
    if (tab === null) throw new Error('The browser did not open the page.');
    // The page is not ours, and must not send this one elsewhere.
    tab.opener = null;
    const left = new Promise<never>((_resolve, reject) => {
      let looks = 0;
      timer = setInterval(() => {
        // A page that closes itself has told its code before: that may still be on its way.
        if (tab.closed && ++looks > 1)
          reject(new Error('The page was closed before it gave a key.'));
      }, LOOK_EVERY_MS);
    });
    return await Promise.race([arrived, left]);
  } finally {
    clearInterval(timer);
    channel.close();
  }
}

/** On the page that the person comes back to. The code leaves the address, and so the history. */
export function handOverCode(): void {
  const query = new URLSearchParams(location.search);
  const [state, code] = [query.get('connect'), query.get('code')];
  if (state === null || code === null) return;
  history.replaceState(null, '', location.pathname + location.hash);
  new BroadcastChannel(CHANNEL).postMessage({ state, code } satisfies Arrival);
  close();
}
