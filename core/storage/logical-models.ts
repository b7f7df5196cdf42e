import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { findFallbackCycle } from './fallback-cycle.ts';
import { checkRecord, readRecords } from './read.ts';
import type { LogicalModelRecord } from './records.ts';
import { change } from './transaction.ts';

/** The person's own models, as they are stored. */
export interface LogicalModels {
  /** By name. */
  list(): Promise<LogicalModelRecord[]>;
  /**
   * Throws `invalid_request` with the path that is wrong (`routes[0].timeoutMs`); with `isNew` also
   * where there is one of that name. With `renamedFrom` it takes that one's place, also among the
   * fallbacks of others.
   */
  save(
    model: unknown,
    options?: { isNew?: boolean; renamedFrom?: string },
  ): Promise<LogicalModelRecord>;
  /** False where there was none. */
  remove(id: string): Promise<boolean>;
}

/** Names that mean something else in a request. `free` may be one of the person's own. */
const RESERVED: ReadonlySet<string> = new Set(['auto', 'default']);

export function createLogicalModels(ports: Pick<Ports, 'openDatabase' | 'publish'>): LogicalModels {
  return {
    async list() {
      const { records } = await readRecords(await ports.openDatabase(), 'models');
      return records.sort((one, other) => one.id.localeCompare(other.id));
    },

    async save(model, { isNew = false, renamedFrom } = {}) {
      const checked = checkRecord('models', model);
      if ('reason' in checked) throw refused(`That does not fit: ${checked.reason}.`, checked.path);
      const { record } = checked;
      if (record.id.trim() !== record.id || RESERVED.has(record.id.toLowerCase()))
        throw refused(`“${record.id}” can’t be a model’s name.`, 'id');
      await change(ports.openDatabase, ['models'], async (transaction) => {
        const store = transaction.objectStore('models');
        const all = new Map((await store.getAll()).map((other) => [other.id, other]));
        const before = renamedFrom === record.id ? undefined : renamedFrom;
        if ((isNew || before !== undefined) && all.has(record.id))
          throw refused(`There is a model called “${record.id}” already.`, 'id', 409);
        all.set(record.id, record);
        if (before !== undefined) {
          all.delete(before);
          await store.delete(before);
          for (const other of all.values()) {
            if (!other.fallbacks?.includes(before)) continue;
            const fallbacks = other.fallbacks.map((id) => (id === before ? record.id : id));
            all.set(other.id, { ...other, fallbacks });
            await store.put({ ...other, fallbacks });
          }
        }
        const missing = record.fallbacks?.findIndex((id) => !all.has(id)) ?? -1;
        if (missing !== -1)
          throw refused(
            `There is no model of yours called “${record.fallbacks?.[missing]}”.`,
            `fallbacks[${missing}]`,
          );
        const cycle = findFallbackCycle(record.id, all);
        if (cycle)
          throw refused(`The fallbacks go round in a circle: ${cycle.join(' → ')}.`, 'fallbacks');
        await store.put(record);
      });
      ports.publish({ topic: 'models' });
      return record;
    },

    async remove(id) {
      const existed = await change(ports.openDatabase, ['models'], async (transaction) => {
        const store = transaction.objectStore('models');
        if ((await store.getKey(id)) === undefined) return false;
        await store.delete(id);
        return true;
      });
      if (existed) ports.publish({ topic: 'models' });
      return existed;
    },
  };
}

function refused(message: string, param?: string, status?: number): RouterError {
  return new RouterError('invalid_request', message, { param, status });
}
