import type { Status } from '../../core/index.ts';

const SIZES = [16, 32] as const;

/** Shows in the toolbar whether the vault is locked: a grey icon, and a title that says so. */
export function createLockIcon(status: () => Promise<Pick<Status, 'locked'>>): () => void {
  /** Unknown to a worker that was just started. */
  let shown: boolean | undefined;
  async function show(): Promise<void> {
    const { locked } = await status();
    if (locked === shown) return;
    shown = locked;
    const { icons = {}, name } = chrome.runtime.getManifest();
    await chrome.action.setTitle({ title: locked ? `${name} is locked` : name });
    await chrome.action.setIcon(
      locked
        ? {
            imageData: Object.fromEntries(
              await Promise.all(
                SIZES.map(async (size) => [size, await toGrey(`/${icons[size]}`, size)]),
              ),
            ),
          }
        : { path: Object.fromEntries(SIZES.map((size) => [size, `/${icons[size]}`])) },
    );
  }
  return () => void show().catch(() => undefined);
}

async function toGrey(path: string, size: number): Promise<ImageData> {
  const file = await fetch(chrome.runtime.getURL(path));
  const context = new OffscreenCanvas(size, size).getContext('2d')!;
  context.filter = 'grayscale(1)';
  context.drawImage(await createImageBitmap(await file.blob()), 0, 0, size, size);
  return context.getImageData(0, 0, size, size);
}
