/**
 * The one address that this page may load a worker from. Trusted Types want every script address to
 * come out of a policy; ours lets a single one through.
 */
interface ScriptPolicy {
  createScriptURL(url: string): string;
}
interface PolicyFactory {
  createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy;
}

const WORKER_URL = import.meta.env.DEV ? './dev-sw.js?dev-sw' : './service-worker.js';

export function workerScript(): string {
  const url = new URL(WORKER_URL, document.baseURI).href;
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  const policy = trustedTypes?.createPolicy('gatehouse-worker', {
    createScriptURL(candidate) {
      if (candidate !== url) throw new TypeError('Not a script of Gatehouse');
      return candidate;
    },
  });
  return policy?.createScriptURL(url) ?? url;
}
