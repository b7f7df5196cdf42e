import { RouterError } from '../../errors.ts';
import type { Part, ProviderFault } from '../chat.ts';
import { faultOf } from '../fault.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { createCandidate, type Candidate } from './decode-candidate.ts';
import { toWord } from './finish.ts';
import { decodeUsage } from './usage.ts';

/** Reads `GenerateContentResponse` objects: one for a whole answer, or the chunks of a stream. */
export function createAnswerReader() {
  const candidates: Candidate[] = [];
  let started = false;
  let scope = '';

  function decode(raw: JsonObject): Part[] {
    const fault = faultIn(raw);
    if (fault !== undefined) return [{ type: 'error', error: fault }];
    const parts: Part[] = [];
    if (!started) {
      started = true;
      const id = asText(raw.responseId);
      const model = asText(raw.modelVersion);
      scope = id ?? crypto.randomUUID();
      parts.push({
        type: 'start',
        ...(id !== undefined && { id }),
        ...(model !== undefined && { model }),
      });
    }
    if (raw.candidates !== undefined && !Array.isArray(raw.candidates)) throw notAnAnswer();
    for (const [position, value] of (raw.candidates ?? []).entries()) {
      const wire = asObject(value);
      if (wire === undefined) throw notAnAnswer();
      const index = typeof wire.index === 'number' ? wire.index : position;
      (candidates[index] ??= createCandidate(index, scope)).decode(wire, parts);
    }
    const usage = decodeUsage(raw.usageMetadata);
    if (usage !== undefined) parts.push({ type: 'usage', usage });
    return parts;
  }

  return {
    decode,
    get started() {
      return started;
    },
    get complete() {
      return candidates.length > 0 && candidates.every((candidate) => candidate.finished);
    },
    /** Ends what names no finish. */
    close(parts: Part[]): void {
      for (const candidate of candidates) candidate?.close(parts);
    },
  };
}

/** An error, or a prompt that was blocked: then there is no candidate. */
function faultIn(raw: JsonObject): ProviderFault | undefined {
  if (raw.error) return faultOf(raw);
  const feedback = asObject(raw.promptFeedback);
  const reason = toWord(feedback?.blockReason);
  if (reason === undefined) return undefined;
  const message = asText(feedback?.blockReasonMessage) ?? `The prompt was blocked (${reason}).`;
  return { message, status: 400, code: 'content_filter', type: reason };
}

export function notAnAnswer(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the Google format.");
}
