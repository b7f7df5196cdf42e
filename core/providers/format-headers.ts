import type { UpstreamFormatName } from '../formats/chat.ts';
import { deepFreeze } from './freeze.ts';

/** What servers of a format want to see on every request. */
export const FORMAT_HEADERS: Readonly<
  Partial<Record<UpstreamFormatName, Readonly<Record<string, string>>>>
> = deepFreeze({
  'anthropic-messages': {
    'anthropic-version': '2023-06-01',
    'anthropic-dangerous-direct-browser-access': 'true',
  },
});
