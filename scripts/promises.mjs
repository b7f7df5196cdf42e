/**
 * What Gatehouse promises about keys, bundles, consent, pages and durability, and the tests of each:
 * the promises of security.md, and its 20 threats by their numbers. A test is
 * named by its file and its title, `*` standing for anything; a promise without a passed test fails.
 *
 * @typedef {{ group: string, promise: string, threats?: string, tests: [file: string, ...titles: string[]][] }} PromiseRow
 */

const LOCKS = 'core/vault/locks.browser.test.ts';
const VAULT = 'core/vault/vault.browser.test.ts';
const CRYPTO = 'core/vault/crypto.test.ts';
const SLOTS = 'core/vault/slot-kinds/slot-kinds.test.ts';
const DURABILITY = 'core/vault/durability.browser.test.ts';
const MIGRATIONS = 'core/storage/migrations.browser.test.ts';
const BUNDLE = 'core/vault/bundle.browser.test.ts';
const TRAVEL = 'core/vault/bundle-travel.browser.test.ts';
const TRANSFER = 'e2e/screens/transfer.spec.ts';
const GRANTS = 'core/permissions/grants.browser.test.ts';
const BUDGET = 'core/permissions/budget.browser.test.ts';
const DISK = 'e2e/security/durability.spec.ts';
const KILLED_IMPORT = 'e2e/security/killed-import.spec.ts';
const KEYS = 'e2e/security/keys.spec.ts';
const LOCK = 'e2e/security/lock.spec.ts';
const SCREENS = 'e2e/security/vault-screens.spec.ts';
const CONSENT = 'e2e/security/consent.spec.ts';
const FORGED = 'e2e/security/forged.spec.ts';

/** @type {readonly PromiseRow[]} */
export const PROMISES = Object.freeze([
  {
    group: 'Keys',
    threats: '13',
    promise: 'No key, password, vault key or prompt on the disk after the lock',
    tests: [[DISK, 'the extension’s profile *', 'the PWA’s profile *']],
  },
  {
    group: 'Keys',
    threats: '8',
    promise: 'Any flipped byte of a sealed record, slot or header is refused',
    tests: [
      [CRYPTO, 'is refused with any byte of *', 'authenticates *'],
      [VAULT, 'refuses a changed header or slot*'],
    ],
  },
  {
    group: 'Keys',
    threats: '7, 8',
    promise: 'A record moved to another provider or URL does not open',
    tests: [
      [CRYPTO, 'does not open for another *'],
      [VAULT, 'does not give a key to another *'],
      [BUNDLE, 'never attaches saved keys to a changed address*'],
    ],
  },
  {
    group: 'Keys',
    threats: '14',
    promise: 'A KDF outside its bounds is never run; an outdated one is made anew',
    tests: [
      [SLOTS, 'is never run with *'],
      [LOCKS, 'refuses a slot whose parameters were weakened', 'stretches a password more *'],
    ],
  },
  {
    group: 'Keys',
    promise: 'Unlocked within 1.5 s at p95',
    tests: [[LOCKS, 'is unlocked by its password *']],
  },
  {
    group: 'Keys',
    promise: 'One key among 1,000 is looked up and opened within 2 ms',
    tests: [[VAULT, 'looks up and opens one key *']],
  },
  {
    group: 'Keys',
    promise: 'Wrong passwords leave the database as it was',
    tests: [[LOCKS, 'is left as it was by wrong passwords']],
  },
  {
    group: 'Keys',
    threats: '18',
    promise: 'A change of lock, a rotation, a saved key and an import are whole under kills',
    tests: [
      [DURABILITY, 'a context killed during *'],
      [KILLED_IMPORT, 'an import that a SIGKILL *'],
    ],
  },
  {
    group: 'Keys',
    promise: 'Locks by its time, by the system, by hand; a site’s call waits for the unlock',
    tests: [
      [LOCKS, 'locks when it was not used *', 'writes down when and why *'],
      [LOCK, 'a call of a granted site waits *', '“Not now” answers *', 'the PWA: *'],
      ['e2e/security/lock-in-flight.spec.ts', '*'],
      [SCREENS, 'the toolbar shows the lock*'],
    ],
  },
  {
    group: 'Keys',
    promise: 'Locks within a minute of its time, with the worker asleep',
    tests: [['e2e/security/auto-lock.spec.ts', 'locks by its time while the worker is asleep']],
  },
  {
    group: 'Keys',
    promise: 'A passkey registers, unlocks and is removed; the other ways still open',
    tests: [['e2e/security/passkey.spec.ts', '*']],
  },
  {
    group: 'Keys',
    promise: 'Every old form of the vault opens and is sealed anew',
    tests: [['core/vault/golden.browser.test.ts', '*']],
  },
  {
    group: 'Keys',
    threats: '9',
    promise: 'No key follows a redirect, none reaches a page',
    tests: [[KEYS, 'a * carries no key there', 'the page sees the key nowhere*']],
  },
  {
    group: 'Keys',
    threats: '7',
    promise: 'Whatever a body, a header or a model’s name says, address and key are the record’s',
    tests: [
      ['e2e/security/hostile-bodies.spec.ts', '* hostile bodies: *'],
      ['core/endpoints/odd-bodies.test.ts', '* breaks nothing'],
      ['core/formats/path-segment.test.ts', '*leads nowhere else*', '* is no model’s name'],
      [KEYS, 'the upstream sees the configured key and nothing of the page'],
      ['e2e/security/pass-through.spec.ts', 'no path, host or redirect leads elsewhere'],
    ],
  },
  {
    group: 'Keys',
    threats: '10',
    promise: 'No address of a local network, in whatever spelling; no web page is an answer',
    tests: [
      [
        'core/providers/base-url.test.ts',
        'is tried on more than 300 *',
        'refuses *',
        'never throws*',
      ],
      ['e2e/security/bad-input.spec.ts', 'faults of a provider have their codes*'],
    ],
  },
  {
    group: 'Keys',
    threats: '20',
    promise: 'What is installed is what is written: pinned, built alike, no code from elsewhere',
    tests: [
      ['e2e/release.test.ts', '*'],
      ['e2e/release.spec.ts', '*'],
    ],
  },
  {
    group: 'Keys',
    promise: 'No key in a log, an error, a record or an export, whatever a provider answers',
    tests: [
      ['core/vault/leaks.browser.test.ts', '*'],
      [KEYS, 'a provider that answers by quoting the key *'],
      ['core/vault/mask.test.ts', 'no secret of any length shows *'],
    ],
  },
  {
    group: 'Keys',
    promise: 'An OAuth token is renewed once for all who wait, and written down before it is used',
    tests: [
      ['core/vault/tokens.browser.test.ts', '*'],
      ['e2e/keys/oauth.spec.ts', '*'],
    ],
  },
  {
    group: 'Bundles',
    promise: 'All or nothing, a diff first',
    tests: [
      [BUNDLE, 'that is a dry run writes nothing *', 'that fails half-way leaves everything *'],
      ['e2e/security/bundle.spec.ts', 'dryRun tells the difference *'],
    ],
  },
  {
    group: 'Bundles',
    threats: '8',
    promise: 'Hostile imports change nothing silently, and no grant is taken over unasked',
    tests: [
      ['e2e/security/bundle.spec.ts', 'each wrong bundle is refused *'],
      [BUNDLE, 'and what every object has is no field of it', 'without repeating a secret *'],
    ],
  },
  {
    group: 'Bundles',
    promise: 'Keys leave in an age file alone, which the stock `age` opens, and its files import',
    tests: [
      ['pwa/screens/transfer/transfer.test.ts', 'opens what was encrypted here', 'writes files *'],
      [TRANSFER, 'keys leave the extension in an age file alone*', 'no answer of ours holds *'],
      [BUNDLE, 'an export holds no key*'],
    ],
  },
  {
    group: 'Bundles',
    threats: '3, 8',
    promise: 'Between extension and app nothing goes without a press there and one here',
    tests: [
      ['core/permissions/offers.test.ts', '*'],
      ['e2e/security/hand-over.spec.ts', '*'],
    ],
  },
  {
    group: 'Bundles',
    promise: 'A work factor beyond reason is refused before it is run',
    tests: [[TRANSFER, 'a file with a forbidding work factor *']],
  },
  {
    group: 'Bundles',
    promise: 'Every old bundle goes in for ever',
    tests: [[TRAVEL, 'a bundle of version 1 *']],
  },
  {
    group: 'Consent',
    threats: '1',
    promise: 'No upstream byte before consent',
    tests: [[CONSENT, '100 calls of a site never allowed*']],
  },
  {
    group: 'Consent',
    threats: '2',
    promise: 'A storm of prompts is one window and then a block',
    tests: [
      [CONSENT, '200 calls of 20 sites*'],
      [GRANTS, '200 calls of 20 sites *', 'three refusals in 30 s *', 'the block outlives *'],
    ],
  },
  {
    group: 'Consent',
    threats: '3',
    promise: 'No framed window and no synthetic, early or held press allows',
    tests: [
      ['pwa/components/press-guard.test.ts', '*'],
      ['e2e/security/clickjacking.spec.ts', '*'],
    ],
  },
  {
    group: 'Consent',
    threats: '4',
    promise: 'A frame asks for itself; opaque origins are refused',
    tests: [
      [GRANTS, 'a page whose origin is *', 'a cross-origin frame needs a grant *'],
      ['core/permissions/match.test.ts', 'is none for *'],
      ['e2e/transport/frames.spec.ts', 'a frame of kind *'],
    ],
  },
  {
    group: 'Consent',
    threats: '4, 5',
    promise: 'No message, port or document speaks for another',
    tests: [
      ['core/transport/forged.test.ts', '*'],
      [FORGED, '* forged envelopes *', 'a page that speaks like *'],
    ],
  },
  {
    group: 'Consent',
    promise: 'A profile holds in place of the site’s own, and without it nothing does',
    tests: [['core/permissions/profiles.browser.test.ts', '*']],
  },
  {
    group: 'Consent',
    promise: 'Revoking aborts what runs under it',
    tests: [
      [GRANTS, 'that is revoked aborts *', 'that becomes a refusal aborts *'],
      ['e2e/security/revoke.spec.ts', '*'],
    ],
  },
  {
    group: 'Consent',
    threats: '16',
    promise: 'Budgets hold under concurrency and kills',
    tests: [
      [BUDGET, '500 calls against half a dollar *', 'is charged *', 'so many calls run at once *'],
      ['e2e/security/limits.spec.ts', '*'],
      ['e2e/security/runaway.spec.ts', '*'],
    ],
  },
  {
    group: 'Consent',
    threats: '15',
    promise: 'No other extension and no page connects',
    tests: [
      ['extension/manifest.test.ts', 'lets no other extension *'],
      ['e2e/security/other-extension.spec.ts', '*'],
    ],
  },
  {
    group: 'Pages',
    threats: '6',
    promise: 'A page that breaks what all scripts share harms neither its calls nor any other’s',
    tests: [['e2e/pages/pages.spec.ts', 'a page with * pollutions *', 'every other fetch *']],
  },
  {
    group: 'Pages',
    threats: '11, 12',
    promise: 'What a model writes runs nothing and asks for nothing, cut at every character',
    tests: [
      ['pwa/markdown/hostile.browser.test.ts', '*'],
      ['pwa/markdown/address.test.ts', '* is refused', 'a mail address *', 'a link says *'],
      ['e2e/security/hostile-answers.spec.ts', '*'],
    ],
  },
  {
    group: 'Pages',
    threats: '17',
    promise: 'Of streams beside each other none has a byte of another',
    tests: [['e2e/transport/crossed.spec.ts', '*']],
  },
  {
    group: 'Durability',
    promise: 'Acknowledged writes survive SIGKILL of the browser',
    tests: [[DISK, 'what was acknowledged survives *']],
  },
  {
    group: 'Durability',
    promise: 'A corrupted vault is found at the start and restored from its second copy',
    tests: [
      [
        LOCKS,
        'restores a damaged header, slot and key',
        'restores all of it at once*',
        'is made anew where it is the damaged *',
      ],
      [
        SCREENS,
        'damage is found at the start *',
        'a damaged record of the vault is told once*',
        'where the second copy alone is damaged*',
        'where nothing is left to restore*',
      ],
    ],
  },
  {
    group: 'Durability',
    promise: 'A full disk leaves the old state, says so, and works again with room',
    tests: [
      [DISK, 'a full disk: *'],
      [MIGRATIONS, 'stays as it is where the disk is too full *'],
    ],
  },
  {
    group: 'Durability',
    threats: '19',
    promise: 'Four contexts write at once and lose nothing',
    tests: [
      [DURABILITY, 'four contexts that save keys at once *'],
      [VAULT, 'is one vault where several contexts *'],
    ],
  },
  {
    group: 'Durability',
    threats: '19',
    promise: 'An upgrade waits for an old tab and keeps every record',
    tests: [
      [
        MIGRATIONS,
        'opens in this version with all of its records',
        'is upgraded while an old tab *',
        'waits for an old tab *',
        'is waited for no longer than a minute *',
      ],
      [
        'e2e/storage/old-tab.spec.ts',
        'the PWA says that an older tab *',
        'the extension’s popup and pages say it*',
        'a tab that is the older one lets go*',
      ],
    ],
  },
  {
    group: 'Durability',
    threats: '18',
    promise: 'What a kill tore in the browser’s own log costs nothing at later starts',
    tests: [[KILLED_IMPORT, 'what a kill left half-written *']],
  },
  {
    group: 'Durability',
    threats: '19',
    promise: 'Two tabs overwrite nothing of each other without a word',
    tests: [
      ['e2e/storage/two-tabs.spec.ts', '*'],
      ['core/storage/contexts.browser.test.ts', 'four contexts that write one chat *'],
    ],
  },
  {
    group: 'Durability',
    promise: 'A copy of each day without keys, also where no page of ours is ever opened',
    tests: [
      ['core/control/copies.browser.test.ts', '*'],
      ['e2e/screens/copies.spec.ts', 'a copy of the day *', 'who never opens a page *'],
    ],
  },
]);

/** @param {string} pattern */
const toRegExp = (pattern) =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's');

/** The files that hold the promises' tests, of one runner. @param {'unit' | 'e2e'} runner */
export function filesOf(runner) {
  const files = PROMISES.flatMap(({ tests }) => tests.map(([file]) => file));
  const ofRunner = files.filter((file) => file.endsWith('.spec.ts') === (runner === 'e2e'));
  return [...new Set(ofRunner)];
}

/**
 * The tests of vitest's JSON report.
 * @param {any} report
 * @returns {TestRow[]}
 * @typedef {{ file: string, title: string, state: 'passed' | 'failed' | 'skipped', figures: string[] }} TestRow
 */
function fromVitest(report) {
  return (report?.testResults ?? []).flatMap((/** @type {any} */ { name, assertionResults }) =>
    assertionResults.map((/** @type {any} */ { title, status, meta }) => ({
      file: name,
      title,
      state: status === 'passed' || status === 'failed' ? status : 'skipped',
      figures: meta?.figure ? [meta.figure] : [],
    })),
  );
}

/**
 * The tests of Playwright's JSON report.
 * @param {any} report
 * @returns {TestRow[]}
 */
function fromPlaywright(report) {
  /** @returns {TestRow[]} */
  const walk = (/** @type {any} */ suite) => [
    ...(suite.suites ?? []).flatMap(walk),
    ...(suite.specs ?? []).map((/** @type {any} */ { file, title, tests }) => {
      const statuses = tests.map((/** @type {any} */ { status }) => status);
      const state = statuses.includes('unexpected')
        ? 'failed'
        : statuses.includes('skipped')
          ? 'skipped'
          : 'passed';
      const annotations = tests.flatMap((/** @type {any} */ each) => each.annotations);
      const figures = annotations
        .filter((/** @type {any} */ { type }) => type === 'figure')
        .map((/** @type {any} */ { description }) => description);
      return { file: `e2e/${file}`, title, state, figures: [...new Set(figures)] };
    }),
  ];
  return (report?.suites ?? []).flatMap(walk);
}

/**
 * Prints the table of all promises from the reports of the two runners.
 * @param {any} unit vitest's JSON report
 * @param {any} e2e Playwright's
 * @returns {boolean} whether each promise has tests and all of them passed; a skipped one is told
 */
export function printPromises(unit, e2e) {
  const all = [...fromVitest(unit), ...fromPlaywright(e2e)];
  let isKept = true;
  let group = '';
  for (const row of PROMISES) {
    if (row.group !== group) console.log(`\n${(group = row.group)}`);
    const missing = [];
    const found = new Set();
    for (const [file, ...titles] of row.tests)
      for (const title of titles) {
        const matches = all.filter(
          (each) => each.file.endsWith(file) && toRegExp(title).test(each.title),
        );
        if (matches.length === 0) missing.push(`${file}: ${title}`);
        for (const match of matches) found.add(match);
      }
    const count = (/** @type {string} */ state) =>
      [...found].filter((each) => each.state === state);
    const failed = count('failed');
    const passed = count('passed');
    const isSkipped = failed.length === 0 && missing.length === 0 && passed.length === 0;
    const verdict = failed.length + missing.length > 0 ? 'FAIL' : isSkipped ? 'skip' : 'pass';
    if (verdict === 'FAIL') isKept = false;
    const figures = passed.flatMap((each) => each.figures).join('; ');
    const threats = row.threats ? ` (threat ${row.threats})` : '';
    console.log(`  ${verdict}  ${row.promise}${threats}`);
    console.log(`        ${passed.length} tests${figures ? `: ${figures}` : ''}`);
    for (const each of failed) console.log(`        failed: ${each.title}`);
    for (const each of missing) console.log(`        no such test: ${each}`);
  }
  return isKept;
}
