import { RouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest } from '../formats/chat.ts';
import { withTurns } from '../formats/further-turns.ts';
import type { LogicalModelRecord, Settings } from '../storage/records.ts';
import { SETTING_DEFAULTS } from '../storage/settings.ts';
import type { TargetAnswer } from '../upstream/ask.ts';
import type { Call } from './endpoint.ts';

/** Row R19: how often an answer without a tool call is asked for again. Each answer is read whole first. */
export interface Enforcement {
  readonly maxRetries: number;
}

const MOST_RETRIES = 10;

/**
 * The header goes before the query, the query before the model, the model before the settings; off
 * where none says anything, and where the request has no tools to call.
 */
export function enforcementOf(
  { request, url }: Pick<Call, 'request' | 'url'>,
  chat: ChatRequest,
  model: LogicalModelRecord['toolEnforcement'],
  settings: Settings,
): Enforcement | undefined {
  const said =
    toFlag(request.headers.get('x-enforce-tool-call'), 'x-enforce-tool-call') ??
    toFlag(url.searchParams.get('enforce_tool_call'), 'enforce_tool_call') ??
    model?.enabled ??
    settings.toolEnforcement ??
    SETTING_DEFAULTS.toolEnforcement;
  if (!said || !chat.tools?.length || chat.toolChoice === 'none') return undefined;
  const wanted =
    model?.maxRetries ?? settings.toolEnforcementRetries ?? SETTING_DEFAULTS.toolEnforcementRetries;
  return { maxRetries: Math.min(wanted, MOST_RETRIES) };
}

function toFlag(value: string | null, param: string): boolean | undefined {
  const text = value?.trim().toLowerCase();
  if (text === undefined || text === '') return undefined;
  if (['1', 'true', 'on', 'yes'].includes(text)) return true;
  if (['0', 'false', 'off', 'no'].includes(text)) return false;
  throw new RouterError('invalid_request', `\`${param}\` is \`true\` or \`false\`.`, { param });
}

/** Reads an answer to its end, so that it can still be thrown away. */
export async function readWhole({ held, rest, dropped }: TargetAnswer): Promise<TargetAnswer> {
  const all = [...held];
  for (let events = await rest?.read(); events !== undefined; events = await rest?.read())
    all.push(...events);
  return { held: all, dropped };
}

/** True for an answer that calls a tool, or says that there is nothing left to call. */
export function isMet(events: readonly ChatEvent[]): boolean {
  const parts = events.flatMap((event) => event.parts);
  return parts.some(({ type }) => type === 'tool-input-start') || isCompleted(textOf(events));
}

function isCompleted(text: string): boolean {
  const json = /^(?:```(?:json)?\s*)?(\{[\s\S]*\})(?:\s*```)?$/.exec(text.trim())?.[1];
  if (json === undefined) return false;
  try {
    return (JSON.parse(json) as { tool_loop?: unknown }).tool_loop === 'completed';
  } catch {
    return false;
  }
}

/** Of the first choice. */
export function textOf(events: readonly ChatEvent[]): string {
  let text = '';
  for (const { parts } of events)
    for (const part of parts) if (part.type === 'text-delta' && !part.choice) text += part.text;
  return text;
}

/** The same question, with the answer that did not do and what is missing in it. */
export function askForCall(chat: ChatRequest, answer: readonly ChatEvent[]): ChatRequest {
  const text = textOf(answer);
  const user = { role: 'user', text: MISSING } as const;
  return withTurns(chat, text === '' ? [user] : [{ role: 'assistant', text }, user]) ?? chat;
}

const MISSING =
  'Your answer did not call a tool. Call one of the given tools now. If there is nothing left to do, answer with exactly {"tool_loop":"completed"}.';
