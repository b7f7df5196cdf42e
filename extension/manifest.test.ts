import { describe, expect, it } from 'vitest';
import manifest from '../manifest.json' with { type: 'json' };

/** Each permission with its reason (SP10). A new one needs a reason here, in a review. */
const PERMISSIONS: Record<string, string> = {
  storage: 'storage.session holds grants until the browser closes, and the journal of calls',
  scripting: 'puts the relay into child frames once one of them calls, and reads the top origin',
  declarativeNetRequestWithHostAccess:
    'takes Origin off our own requests, which local model servers answer with 403',
  alarms:
    'locks the vault when its time without use is up, and makes the copy of the day, also while the worker sleeps',
  idle: 'locks the vault when the computer is locked',
};
const HOSTS: Record<string, string> = {
  'http://*/*': 'model servers on this computer; sites in development',
  'https://*/*': 'any provider that a person adds, without CORS; any site may ask for permission',
};

describe('the manifest', () => {
  it('asks for no permission that has no reason here', () => {
    expect(manifest.permissions).toEqual(Object.keys(PERMISSIONS));
    expect(manifest.host_permissions).toEqual(Object.keys(HOSTS));
    expect(Object.keys(manifest)).not.toContain('optional_permissions');
  });

  it('lets no other extension and no page connect', () => {
    expect(manifest.externally_connectable).toEqual({ ids: [] });
    expect(Object.keys(manifest)).not.toContain('web_accessible_resources');
  });

  it('runs two scripts on http and https pages: one in all frames, the relay in top frames', () => {
    expect(
      manifest.content_scripts.map(({ js, matches, world, all_frames, run_at }) => ({
        js,
        matches,
        world,
        all_frames,
        run_at,
      })),
    ).toEqual([
      {
        js: ['extension/inpage/index.iife.ts'],
        matches: Object.keys(HOSTS),
        world: 'MAIN',
        all_frames: true,
        run_at: 'document_start',
      },
      {
        js: ['extension/relay/index.iife.ts'],
        matches: Object.keys(HOSTS),
        world: undefined,
        all_frames: undefined,
        run_at: 'document_start',
      },
    ]);
  });

  it('draws diagrams in a page that has no origin and no network', () => {
    expect(manifest.sandbox.pages).toEqual(['diagram/frame.html']);
    expect(manifest.content_security_policy.sandbox).toBe(
      "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'",
    );
  });

  it('gives its pages a policy without eval, foreign scripts, frames or HTML strings', () => {
    const policy = manifest.content_security_policy.extension_pages;
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/'unsafe-(?:inline|eval)'/);
  });
});
