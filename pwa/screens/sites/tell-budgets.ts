import { goTo } from '../../app/location.svelte.ts';
import { showToast } from '../../components/toasts.svelte.ts';
import type { Control } from '../../../core/index.ts';
import { nearlyUsedWords } from './words.ts';

/** Row SP5: a site has used most of what it may. Says so where the app is open, with a way to raise it. */
export async function tellBudgets(control: Pick<Control, 'listSites'>): Promise<void> {
  const [first] = nearlyUsedWords(await control.listSites());
  if (first) showToast(first, { label: 'Change the limit', run: () => goTo('sites') });
}
