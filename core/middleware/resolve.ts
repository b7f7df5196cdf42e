import type { Provider } from '../providers/provider.ts';

/** A place to try: which provider, and the model's id there. Its credential is chosen at dispatch. */
export interface Target {
  readonly provider: Provider;
  readonly model: string;
  readonly timeoutMs?: number;
  readonly contextWindow?: number;
}

/** The places to try, in order, and the model id that the answer names. */
export interface Resolution {
  readonly targets: readonly Target[];
  readonly answerModel: string;
}

export interface ResolveRequest {
  /** As the caller wrote it; absent or empty means `auto`. */
  readonly model: string | undefined;
  /** Body field `router`, or header `x-gatehouse-provider`: beats a prefix. */
  readonly provider?: string;
  /** The site's own default, where its grant has one. */
  readonly siteDefault?: string;
}

/** Rows R1-R4. Throws `model_not_found`, `no_provider_key`. */
export type Resolve = (request: ResolveRequest) => Promise<Resolution>;
