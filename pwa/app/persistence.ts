/** Asks the browser to keep it. Some ask the person: so only when there is something worth keeping. */
export async function keepStorage(): Promise<void> {
  if (!(await navigator.storage.persisted())) await navigator.storage.persist();
}
