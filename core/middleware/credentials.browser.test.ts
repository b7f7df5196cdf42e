import { describe, expect, it } from 'vitest';
import type { Provider } from '../providers/provider.ts';
import { destinationOf } from '../providers/registry.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createKeys } from '../vault/keys.ts';
import { createVault } from '../vault/vault.ts';
import { createCredentials } from './credentials.ts';

const BOX: Provider = {
  id: 'box',
  name: 'Box',
  format: 'openai-chat',
  baseUrl: 'https://box.example/v1',
  auth: { scheme: 'bearer' },
};

function setUp(ports = createTestPorts()) {
  const vault = createVault(ports);
  const keys = createKeys(ports, vault);
  return { ports, keys, credentials: createCredentials(ports, keys, vault) };
}

describe('credentials', () => {
  it('go round the enabled keys, one a request', async () => {
    const { keys, credentials } = setUp();
    const secrets = ['sk-one-0000000', 'sk-two-0000000', 'sk-three-00000'].map((secret) => ({
      secret,
    }));
    const [, second] = await keys.add(destinationOf(BOX), secrets);
    const taken = async () => (await credentials.next(BOX))?.secret;
    expect([await taken(), await taken(), await taken(), await taken()]).toEqual([
      'sk-one-0000000',
      'sk-two-0000000',
      'sk-three-00000',
      'sk-one-0000000',
    ]);
    await keys.update(second!.id, { enabled: false });
    const rest = new Set([await taken(), await taken(), await taken(), await taken()]);
    expect([...rest].sort()).toEqual(['sk-one-0000000', 'sk-three-00000']);
  });

  it('share parallel requests evenly', async () => {
    const { keys, credentials } = setUp();
    await keys.add(destinationOf(BOX), [
      { secret: 'sk-one-0000000' },
      { secret: 'sk-two-0000000' },
    ]);
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.next(BOX)));
    expect(all.filter((taken) => taken?.secret === 'sk-one-0000000')).toHaveLength(10);
  });

  it('go on where they were after the worker’s death', async () => {
    const { ports, keys, credentials } = setUp();
    await keys.add(destinationOf(BOX), [
      { secret: 'sk-one-0000000' },
      { secret: 'sk-two-0000000' },
    ]);
    await credentials.next(BOX);
    const database = await ports.openDatabase();
    await expect.poll(() => database.get('state', 'rotation box')).toBe(1);
    const next = setUp(ports).credentials;
    expect((await next.next(BOX))?.secret).toBe('sk-two-0000000');
  });

  it('never open for another address than they were saved for', async () => {
    const { keys, credentials } = setUp();
    await keys.add(destinationOf(BOX), [{ secret: 'sk-one-0000000' }]);
    const moved = { ...BOX, baseUrl: 'https://evil.example/v1' };
    await expect(credentials.next(moved)).rejects.toMatchObject({ code: 'no_provider_key' });
    await keys.add(destinationOf(moved), [{ secret: 'sk-new-0000000' }]);
    for (let i = 0; i < 3; i++) {
      expect((await credentials.next(moved))?.secret).toBe('sk-new-0000000');
      expect((await credentials.next(BOX))?.secret).toBe('sk-one-0000000');
    }
  });

  it('are not needed where the row says so', async () => {
    const { credentials } = setUp();
    await expect(credentials.next(BOX)).rejects.toMatchObject({ code: 'no_provider_key' });
    expect(await credentials.usable(BOX)).toBe(false);
    const optional = { ...BOX, keyOptional: true };
    expect(await credentials.next(optional)).toBeUndefined();
    expect(await credentials.usable(optional)).toBe(true);
  });
});
