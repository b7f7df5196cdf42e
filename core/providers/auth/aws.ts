import { AwsV4Signer } from 'aws4fetch';
import { RouterError } from '../../errors.ts';
import type { Unsigned } from './authorise.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region?: string;
}

const SERVICE = 'bedrock';

/**
 * The headers that make a request Amazon's: a signature of it, for which the secret key itself never
 * leaves; or `authorization: Bearer` where the saved secret is a Bedrock API key. Throws `key_refused`.
 */
export async function signAws(
  request: Unsigned,
  secret: string,
  now: number,
): Promise<readonly (readonly [string, string])[]> {
  const keys = readAwsKeys(secret);
  if (keys === undefined) throw notAwsKeys();
  if (typeof keys === 'string') return [['authorization', `Bearer ${keys}`]];
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const { method, url, headers } = request;
  const body = await bytesOf(request.body);
  const signer = new AwsV4Signer({
    method,
    url,
    headers,
    body: body as BodyInit | null,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: SERVICE,
    region: regionOf(new URL(url).hostname) ?? keys.region ?? 'us-east-1',
    datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
  });
  const signed = (await signer.sign()).headers;
  return ['authorization', 'x-amz-date', 'x-amz-security-token'].flatMap((name) => {
    const value = signed.get(name);
    return value === null ? [] : [[name, value] as const];
  });
}

async function bytesOf(body: Unsigned['body']): Promise<string | Uint8Array | null> {
  // What a form becomes is not known before it is sent; nothing of Bedrock takes one.
  if (body instanceof FormData)
    throw new RouterError('invalid_request', 'Amazon Bedrock takes no forms.');
  return body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : body;
}

/** `bedrock-runtime.eu-west-1.amazonaws.com`, private endpoints, China and GovCloud -> the region. */
function regionOf(hostname: string): string | undefined {
  return /(?:^|\.)([a-z]{2}(?:-[a-z]+)+-\d)(?=\.)/.exec(hostname)?.[1];
}

/** Names of one field as JSON, `.env` files and `~/.aws/credentials` spell it, without case and `_`. */
const FIELDS: Readonly<Record<string, keyof AwsKeys>> = {
  accesskeyid: 'accessKeyId',
  awsaccesskeyid: 'accessKeyId',
  secretaccesskey: 'secretAccessKey',
  awssecretaccesskey: 'secretAccessKey',
  sessiontoken: 'sessionToken',
  awssessiontoken: 'sessionToken',
  region: 'region',
  awsregion: 'region',
  awsdefaultregion: 'region',
};

/**
 * What a person pastes: access key and secret key with `:`, a comma or white space between them and
 * the session token after them; lines of a credentials or `.env` file; the JSON that AWS's tools
 * print; or a Bedrock API key alone, which is given back as text. Undefined for anything else.
 */
export function readAwsKeys(secret: string): AwsKeys | string | undefined {
  const text = secret.trim();
  if (text.startsWith('{')) return fromFields(fieldsOfJson(text));
  if (/^[^=\n]*(?:key|token)[^=\n]*=/im.test(text) && /access/i.test(text))
    return fromFields(fieldsOfLines(text));
  const [accessKeyId = '', secretAccessKey, sessionToken] = text.split(/[\s,:]+/);
  if (secretAccessKey === undefined) return accessKeyId === '' ? undefined : accessKeyId;
  return fromFields([
    ['accessKeyId', accessKeyId],
    ['secretAccessKey', secretAccessKey],
    ['sessionToken', sessionToken],
  ]);
}

function fromFields(fields: readonly (readonly [string, unknown])[]): AwsKeys | undefined {
  const keys: Partial<Record<keyof AwsKeys, string>> = {};
  for (const [name, value] of fields) {
    const field = FIELDS[name.toLowerCase().replace(/[^a-z]/g, '')];
    if (field !== undefined && typeof value === 'string' && value !== '') keys[field] = value;
  }
  const { accessKeyId, secretAccessKey } = keys;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { ...keys, accessKeyId, secretAccessKey };
}

function fieldsOfJson(text: string): [string, unknown][] {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    // `aws sts` puts them one level deeper.
    const inner = value.Credentials ?? value.credentials ?? {};
    return Object.entries({ ...value, ...inner });
  } catch {
    return [];
  }
}

function fieldsOfLines(text: string): [string, string][] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(?:export\s+|set\s+)?(\w+)\s*=\s*"?([^"\s]+)"?\s*$/i.exec(line);
    return found === null ? [] : [[found[1]!, found[2]!]];
  });
}

function notAwsKeys(): RouterError {
  return new RouterError(
    'key_refused',
    'The saved key is no AWS key. Save the access key ID and the secret access key with a colon between them, or a Bedrock API key.',
  );
}
