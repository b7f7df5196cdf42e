import 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** What a test measured, for the table of `npm run test:security`: `p95 0.9 s of 20`. */
    figure?: string;
  }
  interface ProvidedContext {
    /** How many times something is killed, tried or repeated: more with `LONG=1`. */
    times: { kills: number; wrongPasswords: number; unlocks: number; writes: number };
  }
}
