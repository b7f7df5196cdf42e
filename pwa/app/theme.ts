import type { Control } from '../../core/index.ts';
import type { Changes } from './changes.ts';

const REMEMBERED = 'gatehouse-theme';

/** Shows the theme that was shown last at once, then what the settings say, now and on each change. */
export function followTheme(control: Control, changes: Changes): void {
  apply(localStorage.getItem(REMEMBERED));
  const read = async () => {
    const { theme } = await control.getSettings();
    localStorage.setItem(REMEMBERED, theme ?? 'system');
    apply(theme);
  };
  // A control that can't answer now leaves the theme as it is.
  const refresh = () => void read().catch(() => undefined);
  changes.subscribe(['settings'], refresh);
  refresh();
}

function apply(theme: string | null | undefined): void {
  const root = document.documentElement;
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  else delete root.dataset.theme;
}
