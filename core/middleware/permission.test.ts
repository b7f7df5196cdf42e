import { describe, expect, it } from 'vitest';
import type { PermissionRequest } from '../permissions/grants.ts';
import { providerAt, SITE } from '../testing/parts.ts';
import { authoriseAndResolve } from './permission.ts';
import type { Resolution } from './resolve.ts';

const [ONE, TWO] = ['one', 'two'].map((id) => providerAt('https://box.example', { id }));

/** What the person could be asked for instead of all models. */
async function onlyOf(
  model: string,
  resolution: Resolution,
): Promise<readonly string[] | undefined> {
  let asked: PermissionRequest | undefined;
  await authoriseAndResolve(
    {
      check: async (request) => {
        asked = request;
        return { models: ['*'] };
      },
    },
    async () => resolution,
    SITE,
    'chat',
    { model },
    new AbortController().signal,
  );
  return asked?.only;
}

const target = (model: string, provider = ONE!) => ({ provider, model });

describe('a call that asks for a model may be allowed for that one alone', () => {
  it.each<[string, Resolution, string[]]>([
    ['one/m', { targets: [target('m')], answerModel: 'one/m' }, ['one/m']],
    ['m', { targets: [target('m'), target('m', TWO)], answerModel: 'm' }, ['one/m', 'two/m']],
    ['a/b', { targets: [target('a/b')], answerModel: 'one/a/b' }, ['one/a/b']],
    ['turbo', { targets: [target('x'), target('y', TWO)], answerModel: 'turbo' }, ['turbo']],
  ])('%s', async (model, resolution, only) => {
    expect(await onlyOf(model, resolution)).toEqual(only);
  });

  it.each<[string, Resolution]>([
    ['', { targets: [target('m')], answerModel: 'one/m' }],
    ['auto', { targets: [target('m')], answerModel: 'one/m' }],
    ['Free', { targets: [target('m')], answerModel: 'one/m' }],
    // A page that names a pattern would be allowed all of it.
    ['one/*', { targets: [target('*')], answerModel: 'one/*' }],
    // An alias: the call itself would be refused afterwards.
    ['nick', { targets: [target('m')], answerModel: 'one/m' }],
    ['m', { targets: [], answerModel: 'm' }],
  ])('but not %j', async (model, resolution) => {
    expect(await onlyOf(model, resolution)).toBeUndefined();
  });
});
