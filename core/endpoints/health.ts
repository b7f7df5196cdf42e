import { VERSION } from '../version.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import type { Call, Parts } from './endpoint.ts';

/** `GET /health`: for anyone, so it says nothing of the person. */
export async function getHealth(_call: Call, { isLocked }: Parts): Promise<Response> {
  return jsonAnswer({ status: 'ok', version: VERSION, locked: await isLocked() });
}

/** `GET /health/detailed`: for our own pages. */
export async function getDetailedHealth(_call: Call, parts: Parts): Promise<Response> {
  const { registry, credentials, live, usage, isLocked } = parts;
  const providers = await registry.list();
  const usable = await Promise.all(providers.map((provider) => credentials.usable(provider)));
  return jsonAnswer({
    status: 'ok',
    version: VERSION,
    locked: await isLocked(),
    providers: providers.map(({ id, name, format }, index) => ({
      id,
      name,
      format,
      usable: usable[index],
    })),
    requests: live.list(),
    usage: await usage.today(),
  });
}

/** `GET /ping` */
export async function ping(): Promise<Response> {
  return textAnswer('pong');
}

/** `GET /`: what answers here. */
export async function describe(): Promise<Response> {
  return jsonAnswer({
    name: 'Gatehouse',
    version: VERSION,
    base_url: 'https://gatehouse.invalid/v1',
  });
}
