import { createChanges } from '../../changes.ts';
/** Another context of the same host: makes the vault and a key on request. */
import type { Destination } from '../../storage/records.ts';
import { openDatabase } from '../../storage/database.ts';
import { createTestPorts } from '../../testing/ports.ts';
import { createKeys } from '../keys.ts';
import { createVault } from '../vault.ts';

interface Job {
  databaseName: string;
  secret: string;
  destination: Destination;
}

onmessage = ({ data }: MessageEvent<Job>) => {
  const ports = createTestPorts({ openDatabase: () => openDatabase(data.databaseName) });
  const keys = createKeys(ports, createVault(ports, createChanges(ports)));
  void keys
    .add(data.destination, [{ secret: data.secret }])
    .then(([record]) => postMessage(record));
};
postMessage('ready');
