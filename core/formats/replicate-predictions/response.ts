import { RouterError } from '../../errors.ts';
import type { ChatEvent, Part, ProviderFault, Usage } from '../chat.ts';
import { faultOf } from '../fault.ts';
import { asCount, asObject, asText, type JsonObject } from '../json.ts';

/** A prediction that has come to its end -> one event. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  const status = asText(raw?.status);
  if (raw === undefined || status === undefined) {
    const fault = faultOf(raw);
    if (raw === undefined || fault === undefined) throw malformed();
    return { parts: [{ type: 'error', error: fault }], raw, whole: true };
  }
  if (status !== 'succeeded' && status !== 'successful')
    return { parts: [{ type: 'error', error: toFault(status, raw) }], raw, whole: true };
  const id = asText(raw.id);
  const created = Math.floor(Date.parse(asText(raw.created_at) ?? '') / 1000);
  const parts: Part[] = [
    { type: 'start', ...(id !== undefined && { id }), ...(created > 0 && { created }) },
    { type: 'text-start', block: 0 },
  ];
  const text = textOf(raw.output);
  if (text !== '') parts.push({ type: 'text-delta', block: 0, text });
  parts.push({ type: 'text-end', block: 0 }, { type: 'finish', reason: 'stop', raw: status });
  const usage = decodeUsage(raw.metrics);
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  return { parts, raw, whole: true };
}

/** Text in pieces, text, or whatever else a model gives. */
export function textOf(output: unknown): string {
  if (Array.isArray(output)) return output.map(textOf).join('');
  if (typeof output === 'string') return output;
  if (output === null || output === undefined) return '';
  return asText(asObject(output)?.text) ?? JSON.stringify(output);
}

function toFault(status: string, { error }: JsonObject): ProviderFault {
  const words = asText(error) ?? faultOf(error)?.message;
  return { message: words ?? `The prediction ended as ${status}.`, status: 502, code: status };
}

function decodeUsage(value: unknown): Usage | undefined {
  const metrics = asObject(value);
  const input = asCount(metrics?.input_token_count) ?? asCount(metrics?.token_input_count);
  const output = asCount(metrics?.output_token_count) ?? asCount(metrics?.token_output_count);
  if (input === undefined && output === undefined) return undefined;
  return { input: input ?? 0, output: output ?? 0 };
}

export function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the Replicate format.");
}
