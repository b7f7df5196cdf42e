import type { Control } from '../control.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { SETTINGS_KEY } from '../storage/database.ts';
import { checkRecord } from '../storage/read.ts';
import { fittingSettings, readSettings, withDefaults } from '../storage/settings.ts';
import { change } from '../storage/transaction.ts';

export type SettingsControl = Pick<Control, 'getSettings' | 'saveSettings'>;

export function createSettingsControl(
  ports: Pick<Ports, 'openDatabase' | 'publish'>,
): SettingsControl {
  return {
    getSettings: async () => withDefaults(await readSettings(await ports.openDatabase())),

    /** A field that is `undefined` goes back to its default. Throws `invalid_request`. */
    async saveSettings(fields) {
      const saved = await change(ports.openDatabase, ['settings'], async (transaction) => {
        const store = transaction.objectStore('settings');
        const merged = { ...fittingSettings(await store.get(SETTINGS_KEY)), ...fields };
        const kept = Object.fromEntries(
          Object.entries(merged).filter(([, value]) => value !== undefined && value !== null),
        );
        const checked = checkRecord('settings', kept);
        if ('reason' in checked)
          throw new RouterError('invalid_request', `That does not fit: ${checked.reason}.`);
        await store.put(checked.record, SETTINGS_KEY);
        return checked.record;
      });
      ports.publish({ topic: 'settings' });
      return withDefaults(saved);
    },
  };
}
