import {
  CHANGE_CHANNEL,
  type Change,
  type Control,
  type LiveRequest,
  type SiteView,
  type Status,
  type UsageSummary,
} from '../../core/index.ts';
import { troubleOf, type Trouble } from './words.ts';

/** Everything that the popup shows beside the page it stands over. */
export interface Snapshot {
  readonly site: SiteView | undefined;
  readonly live: readonly LiveRequest[];
  readonly usage: UsageSummary;
  readonly status: Status;
  readonly trouble: Trouble | undefined;
}

export interface SnapshotState {
  readonly value: Snapshot | undefined;
  readonly error: boolean;
  refresh(): Promise<void>;
}

/** Reads it all at once, and again whenever something of it changed. Call while a component is made. */
export function createSnapshot(control: Control, origin: () => string | undefined): SnapshotState {
  let value = $state.raw<Snapshot>();
  let error = $state(false);

  async function refresh() {
    const of = origin();
    try {
      const [site, live, usage, status, providers] = await Promise.all([
        of === undefined ? undefined : control.getSite(of),
        control.liveRequests(),
        control.usageToday(),
        control.status(),
        control.listProviders(),
      ]);
      value = { site, live, usage, status, trouble: troubleOf(providers) };
      error = false;
    } catch {
      error = true;
    }
  }

  $effect(() => {
    const channel = new BroadcastChannel(CHANGE_CHANNEL);
    channel.addEventListener('message', ({ data }: MessageEvent<Change>) => {
      if (data.topic !== 'chats') void refresh();
    });
    void origin();
    void refresh();
    return () => channel.close();
  });

  return {
    get value() {
      return value;
    },
    get error() {
      return error;
    },
    refresh,
  };
}
