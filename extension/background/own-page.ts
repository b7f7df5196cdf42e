/** Whether a port comes from one of our own pages, as the browser says. */
export function isOwnPage(
  sender: chrome.runtime.MessageSender | undefined,
  paths: readonly string[],
): boolean {
  if (sender?.id !== chrome.runtime.id || sender.url === undefined) return false;
  const url = new URL(sender.url);
  return (
    url.origin === new URL(chrome.runtime.getURL('')).origin &&
    paths.includes(url.pathname.slice(1))
  );
}
