const TIMEOUT_MS = 1_000;

/** Whether the extension is in this browser. From then on it knows this page, and may speak to it. */
export function findExtension(timeoutMs = TIMEOUT_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const heard = () => end(true);
    const timer = setTimeout(() => end(false), timeoutMs);
    function end(found: boolean) {
      clearTimeout(timer);
      removeEventListener('gatehouse:announce', heard);
      resolve(found);
    }
    addEventListener('gatehouse:announce', heard);
    dispatchEvent(new Event('gatehouse:request'));
  });
}
