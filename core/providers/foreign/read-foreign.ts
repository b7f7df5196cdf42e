import type { DetectedKey } from '../../control.ts';
import { fromChatgpt } from './chatgpt.ts';
import { fieldOf, toForeign, type Foreign } from './foreign.ts';
import { createKnownNames } from './known-names.ts';
import { fromLitellm } from './litellm.ts';
import { fromModelProxy } from './model-proxy.ts';

export interface ForeignTools {
  /** The ids of the person's own providers. */
  readonly own: readonly string[];
  readonly now: number;
  parseYaml(text: string): Promise<unknown>;
  detectKeys(text: string): Promise<readonly DetectedKey[]>;
}

/** A bundle of ours is answered as it is. */
export type ReadFile =
  { readonly ours: true; readonly bundle: unknown } | (Foreign & { readonly ours: false });

/** Longer files are no settings and no keys: they are JSON or nothing. */
const LONGEST_YAML = 1_000_000;

/**
 * Reads whatever text a person has: a bundle of ours, of model-proxy, a LiteLLM file, chats of ChatGPT,
 * a `.env` or keys in any shape. Undefined where there is nothing in it.
 */
export async function readForeign(
  text: string,
  tools: ForeignTools,
): Promise<ReadFile | undefined> {
  const known = createKnownNames(tools.own);
  const json = parseJson(text);
  if (fieldOf(json, 'format') === 'gatehouse-bundle') return { ours: true, bundle: json };
  let found =
    json === undefined
      ? undefined
      : (fromChatgpt(json, tools.now) ?? fromModelProxy(json, known) ?? fromLitellm(json, known));
  if (json === undefined && text.length <= LONGEST_YAML && /^\s*model_list\s*:/m.test(text))
    found = fromLitellm(await tools.parseYaml(text).catch(() => undefined), known);
  found ??= fromKeys(await tools.detectKeys(text));
  return found && { ...found, ours: false };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return undefined;
  }
}

/** Keys whose provider is not certain are not taken: a wrong guess sends one to a wrong server. */
function fromKeys(found: readonly DetectedKey[]): Foreign | undefined {
  if (found.length === 0) return undefined;
  const sure = found.flatMap(({ secret, providers, label }) => {
    const [provider] = providers;
    return providers.length === 1 && provider !== undefined
      ? [{ provider, secret, ...(label && { label }) }]
      : [];
  });
  const unsure = found.length - sure.length;
  return toForeign(
    'keys',
    { keys: sure },
    unsure === 0
      ? []
      : [
          `${unsure === 1 ? 'One key' : `${unsure} keys`} could belong to several providers: paste ${unsure === 1 ? 'it' : 'them'} under Keys, where you choose`,
        ],
  );
}
