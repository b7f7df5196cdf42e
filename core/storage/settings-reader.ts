import type { Changes } from '../changes.ts';
import type { Ports } from '../ports.ts';
import type { Settings } from './records.ts';
import { readSettings } from './settings.ts';

/** Reads the settings once, and again after a change: each call needs them. */
export function createSettingsReader(
  ports: Pick<Ports, 'openDatabase'>,
  changes: Pick<Changes, 'listen'>,
): () => Promise<Settings> {
  let current: Promise<Settings> | undefined;
  changes.listen((topic) => {
    if (topic === 'settings') current = undefined;
  });
  return () => {
    if (current) return current;
    const reading = ports.openDatabase().then(readSettings);
    current = reading;
    reading.catch(() => {
      if (current === reading) current = undefined;
    });
    return reading;
  };
}
