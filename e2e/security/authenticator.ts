import type { CDPSession, Page } from '@playwright/test';

/** A pretended device that keeps passkeys for one tab, whatever page is in it. */
export interface Authenticator {
  /** How many passkeys it keeps. */
  count(): Promise<number>;
  /** From now on the person's finger is, or is not, the right one. */
  setVerified(isVerified: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Without `prf` it signs, and can lock nothing. */
export async function addAuthenticator(
  page: Page,
  { prf = true }: { prf?: boolean } = {},
): Promise<Authenticator> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: prf,
    },
  });
  return {
    count: async () =>
      (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    setVerified: async (isUserVerified) => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    remove: async () => {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}
