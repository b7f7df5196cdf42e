/**
 * The configuration bundle as it travels. Its form is fixed by the shared design, architecture.md:
 * every section is optional, and an unknown field is refused with its path.
 */
import { z } from 'zod';
import { RouterError } from '../errors.ts';
import { SCOPES } from '../ports.ts';
import { toPath } from '../storage/read.ts';
import {
  authScheme,
  formatName,
  keyModels,
  logicalModelRecord,
  providerRecord,
  settings,
  siteLimits,
} from '../storage/records.ts';

const text = (longest: number) => z.string().min(1).max(longest);
const modelId = text(500);

export const bundleProvider = z.strictObject({
  ...providerRecord.shape,
  name: text(100).optional(),
  format: formatName.optional(),
  baseUrl: text(2048).optional(),
  auth: authScheme.optional(),
  headers: z.record(text(100), z.string().max(2000)).optional(),
  models: z.array(modelId).max(5_000).optional(),
});
export type BundleProvider = z.infer<typeof bundleProvider>;

export const bundleKey = z.strictObject({
  provider: text(64),
  label: z.string().max(100).optional(),
  secret: text(16_384),
  enabled: z.boolean().optional(),
  weight: z.number().min(0).max(10).optional(),
  models: keyModels.optional(),
});
export type BundleKey = z.infer<typeof bundleKey>;

export const bundleModel = z.strictObject({
  ...logicalModelRecord.shape,
  id: text(200).regex(/^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$/u, 'must not begin or end with a space'),
});
export type BundleModel = z.infer<typeof bundleModel>;

export const bundleSite = z.strictObject({
  origin: text(300),
  topOrigin: text(300).optional(),
  decision: z.enum(['allow', 'deny']),
  scopes: z.array(z.enum(SCOPES)).max(SCOPES.length).optional(),
  models: z.array(text(500)).max(5_000).optional(),
  limits: siteLimits.optional(),
  defaultModel: modelId.optional(),
});
export type BundleSite = z.infer<typeof bundleSite>;

export const bundleSchema = z.strictObject({
  format: z.literal('gatehouse-bundle'),
  version: z.literal(1),
  createdAt: z.string().max(40).optional(),
  providers: z.array(bundleProvider).max(1_000).optional(),
  keys: z.array(bundleKey).max(2_000).optional(),
  models: z.array(bundleModel).max(2_000).optional(),
  sites: z.array(bundleSite).max(5_000).optional(),
  settings: settings.optional(),
});
export type Bundle = z.infer<typeof bundleSchema>;

export const SECTIONS = ['providers', 'keys', 'models', 'sites', 'settings'] as const;
export type Section = (typeof SECTIONS)[number];

/** A fault and where it is: `models[4].routes[0].timeoutMs`. */
export interface Fault {
  path: string;
  message: string;
}

/** Throws `invalid_request` with the path that is wrong. */
export function toBundle(input: unknown): Bundle {
  const parsed = bundleSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw faulty(parsed.error.issues.flatMap(toFaults));
}

/** The error of a bundle that is not taken. Names the first faults; holds no value of the bundle. */
export function faulty(faults: readonly Fault[]): RouterError {
  const shown = faults.slice(0, 5).map(({ path, message }) => `${path || 'bundle'}: ${message}`);
  const more = faults.length > shown.length ? ` And ${faults.length - shown.length} more.` : '';
  return new RouterError(
    'invalid_request',
    `The bundle does not fit, and nothing was changed. ${shown.join('; ')}.${more}`,
    { param: faults[0]?.path || 'bundle' },
  );
}

function toFaults(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: toPath([...issue.path, key]),
      message: 'this field is not known',
    }));
  return [{ path: toPath(issue.path), message: issue.message }];
}
