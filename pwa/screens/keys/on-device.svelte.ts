import { createOnDeviceModel, downloadModel, findPromptApi } from '../../../core/index.ts';
import type { OnDeviceState } from '../../../core/index.ts';
import { getApp } from '../../app/context.ts';
import { toWords } from '../../components/loaded.svelte.ts';

/** How often a download that this page did not begin is looked at. */
const LOOK_EVERY_MS = 2_000;

/** The browser's own model as this page sees it. Call while a component is made. */
export function createOnDevice() {
  const { publish, announce } = getApp();
  const model = createOnDeviceModel();
  let state = $state<OnDeviceState>('none');
  /** From 0 to 1; undefined where another page downloads. */
  let share = $state<number>();
  let error = $state<string>();

  async function look() {
    const before = state;
    state = await model.state().catch(() => 'unavailable' as const);
    if (state !== 'available' || before !== 'downloading') return;
    announce('Chrome’s own model is ready.');
    // The list of models has one more.
    publish({ topic: 'models' });
  }

  $effect(() => {
    void look();
  });
  $effect(() => {
    if (state !== 'downloading') return;
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  });

  return {
    get state() {
      return state;
    },
    get share() {
      return share;
    },
    get error() {
      return error;
    },
    /** Only in a click: browsers want one. */
    async download() {
      const api = findPromptApi();
      if (api === undefined) return;
      error = undefined;
      share = 0;
      state = 'downloading';
      try {
        await downloadModel(api, (now) => (share = now));
      } catch (reason) {
        error = `The browser did not download it: ${toWords(reason)}`;
      }
      share = undefined;
      await look();
    },
  };
}
