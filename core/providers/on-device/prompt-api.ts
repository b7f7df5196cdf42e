import type { OnDeviceModel, OnDevicePrompt, OnDeviceState, OnDeviceUsage } from '../../ports.ts';

/**
 * What is used of the Prompt API. Source: webmachinelearning.github.io/prompt-api. Chromium 156 has
 * `LanguageModel` in documents and in an extension's service worker, not in a web service worker.
 */
export interface PromptApi {
  availability(): Promise<Exclude<OnDeviceState, 'none'>>;
  create(
    options?: Partial<OnDevicePrompt['options']> & {
      readonly signal?: AbortSignal;
      readonly monitor?: (target: EventTarget) => void;
    },
  ): Promise<PromptSession>;
}

interface PromptSession {
  promptStreaming(
    input: string,
    options: { readonly signal?: AbortSignal; readonly responseConstraint?: object },
  ): ReadableStream<string>;
  /** Tokens that the session holds. */
  readonly contextUsage?: number;
  /** The same, as browsers before named it. */
  readonly inputUsage?: number;
  destroy(): void;
}

/** The API of this global, looked for at each call. */
export function findPromptApi(): PromptApi | undefined {
  return (globalThis as { LanguageModel?: PromptApi }).LanguageModel;
}

/**
 * Has the browser download its model, which takes gigabytes: browsers want a click for it. `progress`
 * goes from 0 to 1. Rejects with the browser's own error.
 */
export async function downloadModel(api: PromptApi, progress: (share: number) => void) {
  const session = await api.create({
    monitor: (target) =>
      target.addEventListener('downloadprogress', (event) =>
        progress((event as Event & { readonly loaded: number }).loaded),
      ),
  });
  session.destroy();
}

export function createOnDeviceModel(find = findPromptApi): OnDeviceModel {
  return {
    state: async () => (await find()?.availability()) ?? 'none',
    async *ask({ options, input, constraint }, signal) {
      const api = find();
      if (api === undefined) throw new Error('This browser has no model of its own.');
      const session = await api.create({ ...options, signal });
      try {
        const before = tokensOf(session);
        const stream = session.promptStreaming(input, {
          signal,
          ...(constraint !== undefined && { responseConstraint: constraint }),
        });
        const reader = stream.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          if (value !== '') yield value;
        }
        const after = tokensOf(session);
        const usage: OnDeviceUsage = {
          ...(before !== undefined && { before }),
          ...(after !== undefined && { after }),
        };
        return usage;
      } finally {
        session.destroy();
      }
    },
  };
}

function tokensOf({ contextUsage, inputUsage }: PromptSession): number | undefined {
  return contextUsage ?? inputUsage;
}
