import { createControlClient, type Control } from '../core/index.ts';
import { PORT_NAMES } from './protocol.ts';
import { fromRuntimePort } from './runtime-port.ts';

/** The worker's `Control`, for pages of ours that make no calls of their own. */
export function connectControl(): Control {
  return createControlClient(() =>
    fromRuntimePort(chrome.runtime.connect({ name: PORT_NAMES.control })),
  );
}
