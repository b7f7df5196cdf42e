import { RouterError } from '../errors.ts';
import type { Caller, Ports } from '../ports.ts';
import { isUnencrypted, toOwners, toSubject } from './match.ts';
import type { Permissions } from './grants.ts';
import { createStormControl } from './storm.ts';

/**
 * Row X6: a page that says that it is the app offers what is set up there. Any page may say so: all
 * that it gets for it is that the person sees who offers.
 */
export interface Offers {
  /**
   * Shows the offer in a page of our own. Throws `origin_not_authorized`, `consent_pending` while
   * another one is shown, `origin_blocked`, `unknown_url` where this host shows none.
   */
  show(caller: Caller, id: string): Promise<void>;
}

export function createOffers(
  ports: Pick<Ports, 'now' | 'session' | 'showOffer'>,
  permissions: Pick<Permissions, 'find'>,
): Offers {
  // Counted by themselves: an offer that is not taken is no refusal of the site's calls.
  const storms = createStormControl(ports, 'offers');

  return {
    async show(caller, id) {
      if (!ports.showOffer)
        throw new RouterError('unknown_url', 'Only the extension takes what the app offers.');
      if (caller.kind === 'first-party')
        throw new RouterError('invalid_request', 'This is for the app, in a tab of its own.');
      const subject = toSubject(caller);
      if (!subject || subject.topOrigin !== undefined) throw noTopPage();
      if (isUnencrypted(subject.origin)) throw unencrypted();
      const site = await permissions.find(subject.origin, subject.origin);
      if (site?.decision === 'deny') throw blocked(subject.origin);
      const owners = toOwners(subject);
      for (const owner of owners) {
        const error = await storms.blocked(owner);
        if (error) throw error;
      }
      if (!(await ports.showOffer(subject.origin, id)))
        throw new RouterError(
          'consent_pending',
          'An offer is shown already. Answer it in the tab of the extension; try again afterwards.',
        );
      // Who offers again and again without being taken up is not shown again and again.
      for (const owner of owners) await storms.refused(owner);
    },
  };
}

const noTopPage = () =>
  new RouterError(
    'origin_not_authorized',
    'Only a page that stands in a tab by itself can offer what is set up in it, not a frame.',
  );

const blocked = (origin: string) =>
  new RouterError(
    'origin_not_authorized',
    `${origin} is refused. Open the Gatehouse icon to let it ask again.`,
  );

const unencrypted = () =>
  new RouterError(
    'origin_not_authorized',
    'This page came without encryption, so others could change what it sends. Serve the app by https.',
  );
