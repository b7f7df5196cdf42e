/**
 * The browser's Prompt API, played: no browser of a test machine holds the model itself. All that stands
 * between a caller and this object is the real thing. Runs in a page or a worker, so it closes over
 * nothing.
 */
export interface PlayedModel {
  state: 'unavailable' | 'downloadable' | 'downloading' | 'available';
  /** What it is asked, with the turns before. */
  asked: { turns: unknown; input: string }[];
  open: number;
  /** Answers its first word and then waits, until this is called. */
  hold?: boolean;
  /** Moves a download on, to 1 at last. */
  progress?: (share: number) => void;
}

export function playPromptApi(state: PlayedModel['state'] | 'none'): void {
  const scope = globalThis as unknown as { LanguageModel?: unknown; played?: PlayedModel };
  if (state === 'none') {
    delete scope.LanguageModel;
    return;
  }
  const played: PlayedModel = { state, asked: [], open: 0 };
  scope.played = played;
  const download = (monitor?: (target: EventTarget) => void) =>
    new Promise<void>((resolve) => {
      const target = new EventTarget();
      monitor?.(target);
      played.state = 'downloading';
      played.progress = (loaded) => {
        target.dispatchEvent(Object.assign(new Event('downloadprogress'), { loaded }));
        if (loaded < 1) return;
        played.state = 'available';
        resolve();
      };
    });
  scope.LanguageModel = {
    availability: () => Promise.resolve(played.state),
    async create(
      options: { initialPrompts?: unknown; monitor?: (target: EventTarget) => void } = {},
    ) {
      if (played.state === 'downloadable') {
        const { userActivation } = globalThis.navigator;
        // As browsers do.
        if (userActivation && !userActivation.isActive)
          throw new DOMException('It wants a click.', 'NotAllowedError');
        await download(options.monitor);
      }
      if (played.state !== 'available')
        throw new DOMException('There is no model.', 'NotSupportedError');
      played.open++;
      const session = {
        contextUsage: 12,
        promptStreaming(input: string, { signal }: { signal?: AbortSignal }) {
          played.asked.push({ turns: options.initialPrompts, input });
          return new ReadableStream<string>({
            async start(controller) {
              signal?.addEventListener('abort', () => controller.error(signal.reason));
              controller.enqueue('Said');
              while (played.hold) await new Promise((resolve) => setTimeout(resolve, 20));
              for (const piece of [' on', ' this', ` device: ${input}`]) controller.enqueue(piece);
              session.contextUsage = 24;
              controller.close();
            },
          });
        },
        destroy: () => void played.open--,
      };
      return session;
    },
  };
}
