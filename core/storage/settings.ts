import { SETTINGS_KEY, type GatehouseDatabase } from './database.ts';
import { settings as settingsSchema, type Settings } from './records.ts';

/** As stored: what the person never changed is absent. A field that does not fit is left out. */
export async function readSettings(database: GatehouseDatabase): Promise<Settings> {
  const stored: unknown = await database.get('settings', SETTINGS_KEY);
  return fittingSettings(stored);
}

/** The fields of a stored record that fit the schema. */
export function fittingSettings(stored: unknown): Settings {
  if (typeof stored !== 'object' || stored === null) return {};
  const whole = settingsSchema.safeParse(stored);
  if (whole.success) return whole.data;
  const wrong = new Set(whole.error.issues.map((issue) => issue.path[0]));
  for (const issue of whole.error.issues)
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) wrong.add(key);
  const fitting = Object.entries(stored).filter(([key]) => !wrong.has(key));
  return settingsSchema.safeParse(Object.fromEntries(fitting)).data ?? {};
}

/** What holds where the person has changed nothing. Those that are absent have no fixed value. */
export const SETTING_DEFAULTS = Object.freeze({
  firstByteTimeoutMs: 120_000,
  idleTimeoutMs: 60_000,
  totalTimeoutMs: 600_000,
  rateLimitCooldownMs: 30_000,
  paymentCooldownMs: 600_000,
  forbiddenCooldownMs: 180_000,
  sameKeyRetries: 1,
  toolEnforcement: false,
  toolEnforcementRetries: 3,
  autoLockMinutes: 60,
  theme: 'system',
  sendWithEnter: true,
  requestLog: true,
} as const satisfies Settings);

export function withDefaults(stored: Settings): Settings {
  return { ...SETTING_DEFAULTS, ...stored };
}
