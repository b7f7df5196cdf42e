import { RouterError } from '../errors.ts';
import { SECTIONS, type Section } from '../vault/bundle-schema.ts';
import { jsonAnswer } from './answer.ts';
import { readJsonObject } from './body.ts';
import type { Call, Parts } from './endpoint.ts';

type Exported = Exclude<Section, 'keys'>;

/**
 * `GET /api/bundle?sections=models,chats&keys=<public key>`: the configuration. Keys come only where a
 * page gives the public key of a `Receiver`, and encrypted to it: no answer holds one in the clear.
 */
export async function exportBundle({ url }: Call, { bundles }: Parts): Promise<Response> {
  const sections = url.searchParams.get('sections');
  const keysFor = url.searchParams.get('keys');
  return jsonAnswer(
    await bundles.exportBundle({
      ...(sections !== null && { sections: toSections(sections) }),
      ...(keysFor !== null && { keysFor }),
    }),
  );
}

function toSections(text: string): Exported[] {
  const names = text.split(',').filter((name) => name !== '');
  const known = SECTIONS.filter((section) => section !== 'keys');
  if (names.every((name): name is Exported => (known as readonly string[]).includes(name)))
    return names;
  throw new RouterError('invalid_request', `\`sections\` are of ${known.join(', ')}.`, {
    param: 'sections',
  });
}

/**
 * `PUT /api/bundle?mode=merge|replace&dryRun=1&onConflict=overwrite|skip|rename&faults=refuse|leave-out`:
 * takes the bundle over; the answer is the difference.
 */
export async function importBundle({ url, request }: Call, { bundles }: Parts): Promise<Response> {
  const mode = oneOf(url, 'mode', ['merge', 'replace']);
  const onConflict = oneOf(url, 'onConflict', ['overwrite', 'skip', 'rename']);
  const faults = oneOf(url, 'faults', ['refuse', 'leave-out']);
  const dryRun = toFlag(url.searchParams.get('dryRun'));
  const bundle = await readJsonObject(request);
  return jsonAnswer(await bundles.importBundle(bundle, { mode, dryRun, onConflict, faults }));
}

/** Strict, because a mistyped one would write something else than was meant. The first is the default. */
function oneOf<Choice extends string>(
  { searchParams }: URL,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const value = searchParams.get(name) ?? choices[0];
  const choice = choices.find((each) => each === value);
  if (choice) return choice;
  const words = choices.map((each) => `\`${each}\``).join(' or ');
  throw new RouterError('invalid_request', `\`${name}\` is ${words}.`, { param: name });
}

function toFlag(value: string | null): boolean {
  if (value === null || value === '0' || value === 'false') return false;
  if (value === '1' || value === 'true') return true;
  throw new RouterError('invalid_request', '`dryRun` is `1` or `0`.', { param: 'dryRun' });
}
