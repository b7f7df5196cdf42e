import { RouterError } from '../errors.ts';
import { originOf, type Caller, type Ports } from '../ports.ts';
import type { LiveRequest } from '../control.ts';

/** The calls in flight: for the screens that show and stop them. */
export interface LiveRequests {
  open(call: LiveCallStart): LiveCall;
  list(): LiveRequest[];
  stop(id: string): void;
  stopAll(): void;
}

export interface LiveCallStart {
  readonly id: string;
  readonly caller: Caller;
  readonly model: string;
  /** The caller's own signal. */
  readonly signal: AbortSignal;
}

/** One call in flight. It keeps the host alive until `end`. */
export interface LiveCall {
  /** Fires with a RouterError as its reason: the caller left, the person stopped it, the grant went. */
  readonly signal: AbortSignal;
  /** The model as it was asked for. */
  readonly asked: string;
  update(change: Partial<Pick<LiveRequest, 'state' | 'model' | 'provider'>>): void;
  /** Aborts also when this signal fires, with its reason. */
  follow(signal: AbortSignal): void;
  abort(error: RouterError): void;
  /** Runs it when the call has ended, whatever way. */
  onEnd(run: () => void): void;
  /** May be called more than once. */
  end(): void;
}

/** Screens need no more than a few changes a second. */
const PUBLISH_EVERY_MS = 100;

export function createLiveRequests(
  ports: Pick<Ports, 'now' | 'keepAlive' | 'publish'>,
): LiveRequests {
  const calls = new Map<string, { shown: LiveRequest; call: LiveCall }>();
  let publishing: ReturnType<typeof setTimeout> | undefined;

  function changed(): void {
    publishing ??= setTimeout(() => {
      publishing = undefined;
      ports.publish({ topic: 'requests' });
    }, PUBLISH_EVERY_MS);
  }

  function stop(id: string): void {
    calls.get(id)?.call.abort(new RouterError('cancelled', 'Stopped by the person in Gatehouse.'));
  }

  return {
    open({ id, caller, model, signal }) {
      const controller = new AbortController();
      const release = ports.keepAlive();
      const followed: [AbortSignal, () => void][] = [];
      const atEnd: (() => void)[] = [release];
      const shown: LiveRequest = {
        id,
        origin: originOf(caller),
        model,
        startedAt: ports.now(),
        state: 'waiting',
      };
      let open = true;
      const call: LiveCall = {
        signal: controller.signal,
        asked: model,
        update(change) {
          Object.assign(shown, change);
          changed();
        },
        follow(other) {
          const abort = () => controller.abort(asRouterError(other.reason));
          if (other.aborted) return abort();
          other.addEventListener('abort', abort, { once: true });
          followed.push([other, abort]);
        },
        abort: (error) => controller.abort(error),
        onEnd(run) {
          if (open) atEnd.push(run);
          else run();
        },
        end() {
          if (!open) return;
          open = false;
          calls.delete(id);
          for (const [other, abort] of followed) other.removeEventListener('abort', abort);
          for (const run of atEnd) run();
          changed();
        },
      };
      calls.set(id, { shown, call });
      call.follow(signal);
      changed();
      return call;
    },
    list: () => [...calls.values()].map(({ shown }) => ({ ...shown })),
    stop,
    stopAll: () => [...calls.keys()].forEach(stop),
  };
}

function asRouterError(reason: unknown): RouterError {
  if (reason instanceof RouterError) return reason;
  return new RouterError('cancelled', 'The caller stopped waiting.', { cause: reason });
}
