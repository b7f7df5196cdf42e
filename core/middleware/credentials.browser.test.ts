import { describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import { destinationOf } from '../providers/registry.ts';
import { createTestPorts, withChanges } from '../testing/ports.ts';
import { createKeys } from '../vault/keys.ts';
import { createVault } from '../vault/vault.ts';
import { createCredentials } from './credentials.ts';
import { createHealth, createStateStore } from './health.ts';

const BOX: Provider = {
  id: 'box',
  name: 'Box',
  format: 'openai-chat',
  baseUrl: 'https://box.example/v1',
  auth: { scheme: 'bearer' },
};

function setUp(host = createTestPorts()) {
  const { ports, changes } = withChanges(host);
  const vault = createVault(ports, changes);
  const keys = createKeys(ports, vault);
  const store = createStateStore(ports);
  const health = createHealth({ ports, changes, store });
  const credentials = createCredentials({ ports, changes, keys, vault, health, store });
  const next = async (provider: Provider) => {
    const turn = await credentials.next(provider, { model: 'm' });
    if (!('ticket' in turn)) throw new Error('Nothing to ask.');
    return turn.credential;
  };
  return { ports, keys, health, credentials, next };
}

describe('credentials', () => {
  it('go round the enabled keys, one a request', async () => {
    const { keys, next } = setUp();
    const secrets = ['sk-one-0000000', 'sk-two-0000000', 'sk-three-00000'].map((secret) => ({
      secret,
    }));
    const [, second] = await keys.add(destinationOf(BOX), secrets);
    const taken = async () => (await next(BOX))?.secret;
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

  it('that are for some models only are asked for no others (K10)', async () => {
    const { keys, credentials } = setUp();
    const [first, second] = await keys.add(destinationOf(BOX), [
      { secret: 'sk-one-0000000' },
      { secret: 'sk-two-0000000' },
    ]);
    await keys.update(first!.id, { models: ['gpt-*', 'box/vision'] });
    await keys.update(second!.id, { models: ['vision'] });
    const askedFor = async (model: string) => {
      const ids = new Set<string | undefined>();
      for (let turn = 0; turn < 4; turn++) {
        const taken = await credentials.next(BOX, { model });
        if ('ticket' in taken) ids.add(taken.credential?.keyId);
      }
      return [...ids].sort();
    };
    expect(await askedFor('gpt-5')).toEqual([first!.id]);
    expect(await askedFor('vision')).toEqual([first!.id, second!.id].sort());
    await expect(credentials.next(BOX, { model: 'llama' })).rejects.toMatchObject({
      code: 'no_provider_key',
      message: 'No key for Box is for llama. Change what its keys are for under Keys.',
    });
    await keys.update(second!.id, { models: [] });
    expect(await askedFor('llama')).toEqual([second!.id]);
  });

  it('share parallel requests evenly', async () => {
    const { keys, next } = setUp();
    await keys.add(destinationOf(BOX), [
      { secret: 'sk-one-0000000' },
      { secret: 'sk-two-0000000' },
    ]);
    const all = await Promise.all(Array.from({ length: 20 }, () => next(BOX)));
    expect(all.filter((taken) => taken?.secret === 'sk-one-0000000')).toHaveLength(10);
  });

  it('go on where they were after the worker’s death', async () => {
    const { ports, keys, next } = setUp();
    await keys.add(destinationOf(BOX), [
      { secret: 'sk-one-0000000' },
      { secret: 'sk-two-0000000' },
    ]);
    await next(BOX);
    const database = await ports.openDatabase();
    await expect.poll(() => database.get('state', 'rotation box')).toMatchObject({});
    const reborn = setUp(ports);
    expect((await reborn.next(BOX))?.secret).toBe('sk-two-0000000');
  });

  it('that are refused are set aside, also for the next worker, and the owner is told', async () => {
    const { ports, keys, credentials } = setUp();
    const [first] = await keys.add(destinationOf(BOX), [
      { secret: 'sk-one-0000000' },
      { secret: 'sk-two-0000000' },
    ]);
    const turn = await credentials.next(BOX, { model: 'm' });
    if (!('ticket' in turn)) throw new Error('Nothing to ask.');
    expect(turn.credential?.keyId).toBe(first!.id);
    await credentials.failed(turn, new RouterError('key_refused', 'No such key.'));
    await expect
      .poll(async () => (await keys.get(first!.id))?.check)
      .toMatchObject({ state: 'invalid', message: 'No such key.' });
    const database = await ports.openDatabase();
    await expect.poll(() => database.get('state', 'cooldowns')).toHaveLength(1);
    const reborn = setUp(ports);
    for (let i = 0; i < 3; i++) expect((await reborn.next(BOX))?.secret).toBe('sk-two-0000000');
  });

  it('never open for another address than they were saved for', async () => {
    const { keys, next } = setUp();
    await keys.add(destinationOf(BOX), [{ secret: 'sk-one-0000000' }]);
    const moved = { ...BOX, baseUrl: 'https://evil.example/v1' };
    await expect(next(moved)).rejects.toMatchObject({ code: 'no_provider_key' });
    await keys.add(destinationOf(moved), [{ secret: 'sk-new-0000000' }]);
    for (let i = 0; i < 3; i++) {
      expect((await next(moved))?.secret).toBe('sk-new-0000000');
      expect((await next(BOX))?.secret).toBe('sk-one-0000000');
    }
  });

  it('are not needed where the row says so', async () => {
    const { credentials, next } = setUp();
    await expect(next(BOX)).rejects.toMatchObject({ code: 'no_provider_key' });
    expect(await credentials.usable(BOX)).toBe(false);
    const optional = { ...BOX, keyOptional: true };
    expect(await next(optional)).toBeUndefined();
    expect(await credentials.usable(optional)).toBe(true);
  });
});
