import { RouterError } from '../errors.ts';
import { jsonAnswer } from './answer.ts';
import { readJsonObject } from './body.ts';
import type { Call, Parts } from './endpoint.ts';

/**
 * `POST /api/transfer {id}`, row X6: the app's page offers its set-up under a name that no one can
 * guess. The answer says that the offer is shown; what comes of it is told to the page itself.
 */
export async function offerTransfer({ request, caller }: Call, { offers }: Parts) {
  const { id } = await readJsonObject(request);
  if (typeof id !== 'string' || !/^[\w-]{22,64}$/.test(id))
    throw new RouterError('invalid_request', '`id` is text of 22 to 64 letters, digits, - and _.', {
      param: 'id',
    });
  await offers.show(caller, id);
  return jsonAnswer({ status: 'shown' }, 202);
}
