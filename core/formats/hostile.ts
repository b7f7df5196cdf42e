/**
 * Fields by which a page could move a call, its key or its account elsewhere. Spelled without case,
 * `_` and `-`, so that every alias is one entry (security.md, threat 7: CVE-2024-6587).
 */
const HOSTILE = new Set([
  'apibase',
  'apibaseurl',
  'baseurl',
  'baseuri',
  'apiurl',
  'apiuri',
  'apihost',
  'apiendpoint',
  'endpoint',
  'endpointurl',
  'host',
  'hostname',
  'proxy',
  'proxyurl',
  'url',
  'uri',
  'openaiapibase',
  'openaibaseurl',
  'apikey',
  'apikeys',
  'apitoken',
  'accesstoken',
  'authtoken',
  'auth',
  'authorization',
  'bearer',
  'bearertoken',
  'xapikey',
  'xgoogapikey',
  'credential',
  'credentials',
  'secret',
  'secretkey',
  'token',
  'openaiapikey',
  'azureadtoken',
  'azureendpoint',
  'azuredeployment',
  'apitype',
  'apiversion',
  'vertexcredentials',
  'vertexproject',
  'vertexlocation',
  'vertexaicredentials',
  'awsaccesskeyid',
  'awssecretaccesskey',
  'awssessiontoken',
  'awsregionname',
  'awsprofilename',
  'awsrolename',
  'awswebidentitytoken',
  'awsbedrockruntimeendpoint',
  'headers',
  'extraheaders',
  'defaultheaders',
  'customheaders',
  'requestheaders',
  'extrabody',
  'extraquery',
  'queryparams',
  'organization',
  'organisation',
  'organizationid',
  'openaiorganization',
  'org',
  'orgid',
  'project',
  'projectid',
  'customllmprovider',
  'llmprovider',
  'deploymentid',
  'modellist',
  'litellmparams',
  'mockresponse',
  'router',
  'gateway',
  'gatewayurl',
]);

/** True for a top-level field that may never reach a provider. */
export function isHostile(field: string): boolean {
  return field === '__proto__' || HOSTILE.has(field.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

/** The caller's body without such fields; a copy, one level deep. `provider` as a word is ours (row R3). */
export function withoutHostile(body: Record<string, unknown>): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const field in body)
    if (!isHostile(field) && !(field === 'provider' && typeof body[field] === 'string'))
      clean[field] = body[field];
  return clean;
}
