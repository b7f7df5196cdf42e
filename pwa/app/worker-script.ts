/**
 * The addresses that this page may load workers from. Trusted Types want every script address to come
 * out of a policy; ours lets through those of Gatehouse's own files, and none but the two asked for here.
 */
interface ScriptPolicy {
  createScriptURL(url: string): string;
}
interface PolicyFactory {
  createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy;
}

const WORKER_URL = import.meta.env.DEV ? './dev-sw.js?dev-sw' : './service-worker.js';

let policy: ScriptPolicy | undefined;

/** A page may make a policy of this name once. */
function toTrusted(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  policy ??= trustedTypes?.createPolicy('gatehouse-worker', {
    createScriptURL(candidate) {
      const folder = new URL('./', document.baseURI);
      const base = location.protocol === 'chrome-extension:' ? `${location.origin}/` : folder.href;
      if (!candidate.startsWith(base)) throw new TypeError('Not a script of Gatehouse');
      return candidate;
    },
  });
  const url = new URL(address, document.baseURI).href;
  return policy?.createScriptURL(url) ?? url;
}

export function workerScript(): string {
  return toTrusted(WORKER_URL);
}

/** A worker of this page, from the address that the build gave to it. */
export function startWorker(address: string): Worker {
  return new Worker(toTrusted(address), { type: 'module' });
}
