import type { OnDeviceState, Ports } from '../../ports.ts';

/** Whether the browser's own model can be asked, and if not, why. */
export async function stateOnDevice({
  onDeviceModel,
}: Pick<Ports, 'onDeviceModel'>): Promise<OnDeviceState> {
  return (await onDeviceModel?.state().catch(() => 'unavailable' as const)) ?? 'none';
}
