import { createControlClient, type Control } from '../core/index.ts';
import { CONTROL_PORT } from './protocol.ts';
import { fromRuntimePort } from './runtime-port.ts';

/** The worker's `Control`, for pages of ours that make no calls of their own. */
export function connectControl(): Control {
  return createControlClient(() => fromRuntimePort(chrome.runtime.connect({ name: CONTROL_PORT })));
}
