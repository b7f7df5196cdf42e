import { RouterError } from '../errors.ts';
import { originOf } from '../ports.ts';
import type { UsageRecord } from '../storage/records.ts';
import { jsonAnswer } from './answer.ts';
import type { Call, Parts } from './endpoint.ts';

interface Stats {
  inputTokens: number;
  outputTokens: number;
  requestCount: number;
  /** Calls with exactly one system message. */
  queryEvaluationCount: number;
  /** Calls with more than one. */
  inferenceCount: number;
  toolCallCount: number;
  /** Null where no price is known. */
  costUsd: number | null;
  lastUpdated: string | null;
}

/**
 * `GET /token-stats` (row E21), in the field names of claude-nexus-proxy: our own pages see every
 * origin, a site that may call at all sees its own, and nobody else learns that there is anything.
 */
export async function getTokenStats({ caller }: Call, parts: Parts): Promise<Response> {
  if (caller.kind === 'site') {
    const site = await parts.permissions.find(caller.origin, caller.topOrigin);
    if (site?.decision !== 'allow')
      throw new RouterError(
        'origin_not_authorized',
        `${caller.origin} has no permission to use Gatehouse.`,
      );
  }
  const records = await parts.usage.ever(caller.kind === 'site' ? originOf(caller) : undefined);
  const stats = Object.create(null) as Record<string, Stats>;
  for (const record of records) add((stats[record.origin] ??= emptyStats()), record);
  return jsonAnswer({
    status: 'ok',
    stats,
    timestamp: new Date(parts.ports.now()).toISOString(),
  });
}

function emptyStats(): Stats {
  return {
    inputTokens: 0,
    outputTokens: 0,
    requestCount: 0,
    queryEvaluationCount: 0,
    inferenceCount: 0,
    toolCallCount: 0,
    costUsd: null,
    lastUpdated: null,
  };
}

function add(stats: Stats, record: UsageRecord): void {
  stats.inputTokens += record.inputTokens;
  stats.outputTokens += record.outputTokens;
  stats.requestCount += record.requests;
  stats.queryEvaluationCount += record.queries ?? 0;
  stats.inferenceCount += record.inferences ?? 0;
  stats.toolCallCount += record.toolCalls;
  if (record.usd !== undefined) stats.costUsd = (stats.costUsd ?? 0) + record.usd;
  if (record.updatedAt === undefined) return;
  const at = new Date(record.updatedAt).toISOString();
  if (stats.lastUpdated === null || at > stats.lastUpdated) stats.lastUpdated = at;
}
