import { jsonAnswer } from './answer.ts';
import type { Call, Parts } from './endpoint.ts';

/** `GET /status`, for our own pages: asks each provider whether it takes each of its keys. */
export async function getStatus(_call: Call, { checkKeys }: Parts): Promise<Response> {
  const keys = await checkKeys();
  return jsonAnswer({
    object: 'list',
    data: keys.map(({ id, provider, label, preview, enabled, check }) => ({
      id,
      provider,
      label,
      key: preview,
      enabled,
      status: check.state === 'rate-limited' ? 'rate_limited' : check.state,
      message: check.message,
      models: check.models,
      latency_ms: check.latencyMs,
      remaining: check.remaining,
      checked_at: check.at,
    })),
  });
}
