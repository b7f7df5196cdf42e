/**
 * Files that are too large to be fetched by everyone, and that few need: kept from the first time on
 * that one was asked for, so that it is there without a network afterwards.
 */
const KEPT = /\/diagram\/mermaid\.js$/;
const CACHE = 'gatehouse-kept';

/** Undefined for every other file. A version is the query of its address; older ones go. */
export function fetchKept(
  request: Request,
  origin: string,
  caches: CacheStorage,
): Promise<Response> | undefined {
  const url = new URL(request.url);
  return url.origin === origin && KEPT.test(url.pathname) ? fetchOnce(url, caches) : undefined;
}

async function fetchOnce(url: URL, caches: CacheStorage): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(url.href);
  if (kept) return kept;
  const response = await fetch(url.href);
  if (response.ok) {
    const older = (await cache.keys()).filter((one) => new URL(one.url).pathname === url.pathname);
    await Promise.all(older.map((one) => cache.delete(one)));
    await cache.put(url.href, response.clone());
  }
  return response;
}
