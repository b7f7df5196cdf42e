import { RouterError } from '../errors.ts';
import type { Payload } from '../formats/conversion.ts';
import { isHostile } from '../formats/hostile.ts';
import { BODY_LIMIT, readJsonObject, tooLarge } from './body.ts';

/**
 * Reads a caller's JSON object or its form. A form's files stay where the browser keeps them: they
 * are not copied into our memory. Throws `request_too_large`, `invalid_json`, `invalid_request`.
 */
export async function readPayload(request: Request): Promise<Payload> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^multipart\/form-data\b/i.test(type)) return { fields: await readJsonObject(request) };
  const form = await readForm(request, type);
  return { form, fields: textFieldsOf(form) };
}

async function readForm(request: Request, type: string): Promise<FormData> {
  try {
    return await counted(request, type, (body) => body.formData());
  } catch (error) {
    if (error instanceof RouterError || request.signal.aborted) throw error;
    throw new RouterError('invalid_request', 'The body is not a well-formed form.', {
      cause: error,
    });
  }
}

/** Reads a caller's body as it is, where the browser keeps it. Throws `request_too_large`. */
export async function readBlob(request: Request): Promise<Blob | null> {
  if (request.body === null) return null;
  const blob = await counted(request, '', (body) => body.blob());
  return blob.size === 0 ? null : blob;
}

/** Throws `request_too_large` as soon as it is known to be, and the signal's reason. */
async function counted<T>(
  request: Request,
  type: string,
  read: (body: Response) => Promise<T>,
): Promise<T> {
  if (Number(request.headers.get('content-length') ?? 0) > BODY_LIMIT) throw tooLarge();
  const counter = countBytes();
  const body = request.body?.pipeThrough(counter.stream);
  try {
    return await read(new Response(body, { headers: type === '' ? {} : { 'content-type': type } }));
  } catch (error) {
    if (counter.exceeded()) throw tooLarge();
    throw request.signal.aborted ? request.signal.reason : error;
  }
}

/** Breaks off as soon as there is more than may be sent. */
function countBytes() {
  let size = 0;
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > BODY_LIMIT) controller.error(tooLarge());
      else controller.enqueue(chunk);
    },
  });
  return { stream, exceeded: () => size > BODY_LIMIT };
}

function textFieldsOf(form: FormData): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) if (typeof value === 'string') fields[name] = value;
  return fields;
}

/** Takes out of the form what was taken out of its fields. */
export function dropFromForm({ form, fields }: Payload): void {
  if (form === undefined) return;
  for (const [name, value] of [...form])
    // A file of such a name says the same to a server that reads it as text.
    if (typeof value === 'string' ? !(name in fields) : isHostile(name)) form.delete(name);
}
