import type { Control } from '../control.ts';
import type { Health } from '../middleware/health.ts';
import type { Ports } from '../ports.ts';

/** What rests and why, for the screens; and the way to ask it again at once. */
export function createCooldownsControl(
  ports: Pick<Ports, 'now'>,
  health: Health,
): Pick<Control, 'listCooldowns' | 'resetCooldowns'> {
  return {
    listCooldowns: async () => (await health.table()).list(ports.now()),
    async resetCooldowns(of) {
      if ((await health.table()).reset(of)) health.changed();
    },
  };
}
