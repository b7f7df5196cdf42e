/** Puts the relay into every frame of a tab: one of them has a call to make. */
export async function spreadRelay(tabId: number): Promise<void> {
  const scripts = chrome.runtime.getManifest().content_scripts ?? [];
  // Of the two scripts the one that is declared for top frames only.
  const relay = scripts.find((script) => !script.all_frames)?.js;
  if (!relay) return;
  await chrome.scripting.executeScript({
    target: { tabId, allFrames: true },
    files: relay,
    injectImmediately: true,
  });
}
