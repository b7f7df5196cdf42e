import type { Control } from '../control.ts';
import type { LiveRequests } from '../middleware/live.ts';
import type { RequestLog } from '../usage/request-log.ts';
import type { UsageCounter } from '../usage/counter.ts';

export type RequestsControl = Pick<
  Control,
  | 'liveRequests'
  | 'stopRequest'
  | 'stopAllRequests'
  | 'usageToday'
  | 'usageBetween'
  | 'requestLog'
  | 'clearRequestLog'
>;

/** What runs now, and what was used today. */
export function createRequestsControl(
  live: Pick<LiveRequests, 'list' | 'stop' | 'stopAll'>,
  usage: Pick<UsageCounter, 'today' | 'between'>,
  log: Pick<RequestLog, 'list' | 'clear'>,
): RequestsControl {
  return {
    liveRequests: async () => live.list(),
    stopRequest: async (id) => live.stop(id),
    stopAllRequests: async () => live.stopAll(),
    usageToday: () => usage.today(),
    requestLog: (since) => log.list(since),
    clearRequestLog: () => log.clear(),
    usageBetween: (from, to) => usage.between(from, to),
  };
}
