import type { Control } from '../control.ts';
import type { Ports } from '../ports.ts';
import { findSetAside } from '../storage/read.ts';
import { copySetAside, deleteSetAside, isDeletable } from '../storage/set-aside.ts';

export type SetAsideControl = Pick<Control, 'listSetAside' | 'copySetAside' | 'deleteSetAside'>;

export function createSetAsideControl(
  ports: Pick<Ports, 'openDatabase' | 'publish' | 'now'>,
): SetAsideControl {
  return {
    async listSetAside() {
      const found = await findSetAside(await ports.openDatabase());
      return found.map((each) => ({ ...each, deletable: isDeletable(each.store) }));
    },
    copySetAside: (store, key) => copySetAside(ports, store, key),
    deleteSetAside: (store, key) => deleteSetAside(ports, store, key),
  };
}
