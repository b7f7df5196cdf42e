/**
 * The configuration bundle as it travels. Its form is fixed by the shared design, architecture.md:
 * every section is optional, and an unknown field is refused with its path.
 */
import { z } from '../zod.ts';
import { RouterError } from '../errors.ts';
import { SCOPES } from '../ports.ts';
import { toPath } from '../storage/read.ts';
import {
  authScheme,
  chatRecord,
  formatName,
  keyModels,
  logicalModelRecord,
  messageRecord,
  profileRecord,
  providerRecord,
  settings,
  siteRecord,
} from '../storage/records.ts';

const text = (longest: number) => z.string().check(z.minLength(1), z.maxLength(longest));
const modelId = text(500);

export const bundleProvider = z.strictObject({
  ...providerRecord.shape,
  name: z.optional(text(100)),
  format: z.optional(formatName),
  baseUrl: z.optional(text(2048)),
  auth: z.optional(authScheme),
  headers: z.optional(z.record(text(100), z.string().check(z.maxLength(2000)))),
  models: z.optional(z.array(modelId).check(z.maxLength(5_000))),
});
export type BundleProvider = z.infer<typeof bundleProvider>;

export const bundleKey = z.strictObject({
  provider: text(64),
  label: z.optional(z.string().check(z.maxLength(100))),
  secret: text(16_384),
  enabled: z.optional(z.boolean()),
  weight: z.optional(z.number().check(z.gte(0), z.lte(10))),
  models: z.optional(keyModels),
});
export type BundleKey = z.infer<typeof bundleKey>;

export const bundleModel = z.strictObject({
  ...logicalModelRecord.shape,
  id: text(200).check(
    z.regex(/^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$/u, 'must not begin or end with a space'),
  ),
});
export type BundleModel = z.infer<typeof bundleModel>;

export const bundleProfile = profileRecord;
export type BundleProfile = z.infer<typeof bundleProfile>;

/** When it was first allowed and last used is of this computer. */
export const bundleSite = z.strictObject({
  ...z.omit(siteRecord, { createdAt: true, lastUsedAt: true }).shape,
  origin: text(300),
  topOrigin: z.optional(text(300)),
  scopes: z.optional(z.array(z.enum(SCOPES)).check(z.maxLength(SCOPES.length))),
  models: z.optional(z.array(text(500)).check(z.maxLength(5_000))),
  defaultModel: z.optional(modelId),
});
export type BundleSite = z.infer<typeof bundleSite>;

const id = text(200);
const time = z.number().check(z.gte(0), z.lte(8.64e15));

export const bundleMessage = z.strictObject({
  ...z.omit(messageRecord, { chatId: true }).shape,
  id,
  parentId: z.optional(id),
  createdAt: time,
});
export type BundleMessage = z.infer<typeof bundleMessage>;

/** A chat with its messages, all branches. What is being typed into it does not travel. */
export const bundleChat = z.strictObject({
  ...z.omit(chatRecord, { draft: true }).shape,
  id,
  title: z.string().check(z.maxLength(1_000)),
  leafId: z.optional(id),
  createdAt: time,
  updatedAt: time,
  messages: z.array(bundleMessage).check(z.maxLength(50_000)),
});
export type BundleChat = z.infer<typeof bundleChat>;

const ENVELOPE = {
  format: z.literal('gatehouse-bundle'),
  version: z.literal(1),
  createdAt: z.optional(z.string().check(z.maxLength(40))),
};

export const bundleSchema = z.strictObject({
  ...ENVELOPE,
  providers: z.optional(z.array(bundleProvider).check(z.maxLength(1_000))),
  keys: z.optional(z.array(bundleKey).check(z.maxLength(2_000))),
  models: z.optional(z.array(bundleModel).check(z.maxLength(2_000))),
  profiles: z.optional(z.array(bundleProfile).check(z.maxLength(500))),
  sites: z.optional(z.array(bundleSite).check(z.maxLength(5_000))),
  settings: z.optional(settings),
  chats: z.optional(z.array(bundleChat).check(z.maxLength(20_000))),
});
export type Bundle = z.infer<typeof bundleSchema>;

export const SECTIONS = [
  'providers',
  'keys',
  'models',
  'profiles',
  'sites',
  'settings',
  'chats',
] as const;
export type Section = (typeof SECTIONS)[number];

/** A fault and where it is: `models[4].routes[0].timeoutMs`. */
export interface Fault {
  path: string;
  message: string;
}

/** The bundle; or what is wrong with it. */
export function findFaults(input: unknown): Bundle | Fault[] {
  const parsed = bundleSchema.safeParse(input);
  return parsed.success ? parsed.data : parsed.error.issues.flatMap(toFaults);
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
