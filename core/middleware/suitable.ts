import { RouterError } from '../errors.ts';
import type { ChatRequest, ContentPart } from '../formats/chat.ts';
import { estimateTokens } from '../formats/estimate-tokens.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import { factsOf, tableFacts, type ModelFacts } from '../providers/model-facts.ts';
import { asksForReasoning, byCondition, type Sorted } from './conditions.ts';
import type { Target } from './resolve.ts';

type Medium = NonNullable<ModelFacts['takes']>[number];

/** What a request needs of a model. */
interface Needs {
  readonly tools: boolean;
  readonly media: ReadonlySet<Medium>;
  /** About so many tokens of input. */
  readonly tokens: number;
}

/** Why a target is not asked. */
type Lack = { readonly param: 'tools' | 'messages'; readonly what: string };

/**
 * Rows R18, R20: the targets that the request is for and that can do what the request needs, as far as anyone knows. What no one knows
 * of is no reason. Where one target only is for it, its provider decides what it can take, but for a
 * length that is far too much. Throws `context_length_exceeded` or `invalid_request` where none is left.
 */
export async function onlySuitable(
  all: readonly Target[],
  chat: ChatRequest,
  catalogue: Pick<Catalogue, 'cached'>,
): Promise<Sorted> {
  const needs = needsOf(chat);
  const { targets, skipped: unmet } = byCondition(all, {
    reasoning: asksForReasoning(chat),
    hasTools: needs.tools,
    hasImages: needs.media.has('image'),
    hasFiles: needs.media.has('file'),
    promptTokens: needs.tokens,
  });
  const isOnly = targets.length === 1;
  const suitable: Target[] = [];
  const lacks: (Lack & { target: Target })[] = [];
  for (const target of targets) {
    const known = isOnly ? undefined : (await catalogue.cached(target.provider)).find(isOf(target));
    const facts = factsOf(target.provider.id, known ?? { id: target.model });
    const window = facts.contextWindow ?? target.contextWindow;
    // Our count may be a third too high, and a sure answer is worth one call.
    const margin = isOnly && target.contextWindow === undefined ? SURELY : 1;
    const lack =
      window !== undefined && needs.tokens > window * margin
        ? tooLong(needs.tokens, window)
        : isOnly
          ? undefined
          : lackOf(target, facts, needs);
    if (lack === undefined) suitable.push(target);
    else lacks.push({ ...lack, target });
  }
  if (suitable.length > 0) {
    const unfit = lacks.map(({ target, what }) => ({
      target,
      reason: what.startsWith(LONG) ? `${what}.` : `It is not one that ${what}.`,
    }));
    return { targets: suitable, skipped: [...unmet, ...unfit] };
  }
  const long = lacks.find(({ param, what }) => param === 'messages' && what.startsWith(LONG));
  if (long !== undefined)
    throw new RouterError('context_length_exceeded', `${long.what}.`, { param: 'messages' });
  const { param, what } = lacks[0]!;
  throw new RouterError('invalid_request', `No route of this model ${what}.`, { param });
}

/** By how much an estimate is surely too long. */
const SURELY = 1.5;
const LONG = 'The request is about';

function isOf(target: Target): (model: { id: string }) => boolean {
  return ({ id }) => id === target.model;
}

function tooLong(tokens: number, window: number): Lack {
  return {
    param: 'messages',
    what: `${LONG} ${tokens} tokens long, and the model takes ${window}`,
  };
}

function lackOf({ provider, model }: Target, facts: ModelFacts, needs: Needs): Lack | undefined {
  const tools = provider.quirks?.noTools ? false : facts.tools;
  if (needs.tools && tools === false) return { param: 'tools', what: 'can call tools' };
  const takes = facts.takes ?? tableFacts(provider.id, model)?.takes;
  if (takes === undefined) return undefined;
  const missing = [...needs.media].find((medium) => !takes.includes(medium));
  return missing && { param: 'messages', what: WORDS[missing] };
}

const WORDS: Readonly<Record<Medium, string>> = Object.freeze({
  image: 'can look at pictures',
  file: 'can read files',
  audio: 'can listen to audio',
  video: 'can watch videos',
});

function needsOf(chat: ChatRequest): Needs {
  const media = new Set<Medium>();
  const look = (part: ContentPart): void => {
    if (part.type === 'image' || part.type === 'file' || part.type === 'audio')
      media.add(part.type);
    if (part.type === 'tool-result') part.content.forEach(look);
  };
  for (const { content } of chat.messages) content.forEach(look);
  return {
    tools: (chat.tools?.length ?? 0) > 0 && chat.toolChoice !== 'none',
    media,
    tokens: estimateTokens(chat),
  };
}
