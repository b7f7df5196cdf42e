import { RouterError } from '../errors.ts';
import { jsonAnswer } from './answer.ts';
import { readJsonObject } from './body.ts';
import type { Call, Parts } from './endpoint.ts';

/*
 * `/api/models`: the person's own models, for our own pages. GET on `/api/models/{name}` is the list of
 * a provider's models (rows E6, E7), which any page that may see models can read; so one model of the
 * person's own is read from the list here.
 */

/** `GET /api/models`. */
export async function listLogicalModels(_call: Call, { logicalModels }: Parts): Promise<Response> {
  return jsonAnswer({ object: 'list', data: await logicalModels.list() });
}

/** `POST /api/models`: a new one; 409 where there is one of that name. */
export async function addLogicalModel(call: Call, { logicalModels }: Parts): Promise<Response> {
  const body = await readJsonObject(call.request);
  return jsonAnswer(await logicalModels.save(body, { isNew: true }), 201);
}

/** `PUT /api/models/{id}`: in whole, whether there is one already or not. */
export async function putLogicalModel(
  { tail: id, request }: Call,
  { logicalModels }: Parts,
): Promise<Response> {
  const body = await readJsonObject(request);
  if ('id' in body && body.id !== id)
    throw new RouterError('invalid_request', 'The id in the body is not that of the path.', {
      param: 'id',
    });
  return jsonAnswer(await logicalModels.save({ ...body, id }));
}

/** `DELETE /api/models/{id}`. Others that fall back on it go on without it. */
export async function deleteLogicalModel(
  { tail: id }: Call,
  { logicalModels }: Parts,
): Promise<Response> {
  if (await logicalModels.remove(id)) return jsonAnswer({ id, deleted: true });
  throw new RouterError('model_not_found', `There is no model of yours called “${id}”.`);
}
