import { RouterError } from '../errors.ts';

export interface Routing {
  /** The provider that the caller names beside the model. */
  readonly provider: string | undefined;
  /** Fields that were taken out because a caller may not choose where its call goes, or with what key. */
  readonly ignored: readonly string[];
}

/**
 * Names by which SDKs and gateways let a body choose its destination or its credentials, in lower
 * case without `_` and `-` (security.md, threat 7: a page must not move a key by a field).
 */
const DESTINATION_FIELDS: ReadonlySet<string> = new Set([
  'apibase',
  'apikey',
  'apitype',
  'apiversion',
  'authorization',
  'awsaccesskeyid',
  'awsregionname',
  'awssecretaccesskey',
  'awssessiontoken',
  'azureadtoken',
  'azureendpoint',
  'baseurl',
  'customllmprovider',
  'defaultheaders',
  'endpointurl',
  'extraheaders',
  'extraquery',
  'headers',
  'organization',
  'organizationid',
  'proxyurl',
  'vertexcredentials',
  'vertexlocation',
  'vertexproject',
]);

/** Takes our own extension and all that would name a destination out of the body, in place. */
export function takeRouting(body: Record<string, unknown>, headers: Headers): Routing {
  const ignored: string[] = [];
  for (const name of Object.keys(body)) {
    if (!DESTINATION_FIELDS.has(name.toLowerCase().replace(/[_-]/g, ''))) continue;
    delete body[name];
    ignored.push(name);
  }
  const { router } = body;
  delete body.router;
  if (router !== undefined && router !== null && typeof router !== 'string') {
    throw new RouterError('invalid_request', '`router` must be the id of a provider.', {
      param: 'router',
    });
  }
  const named = router || headers.get('x-gatehouse-provider')?.trim();
  return { provider: !named || named.toLowerCase() === 'auto' ? undefined : named, ignored };
}
