/** Gives the person a file to keep. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by then; without this it stays in memory.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** `gatehouse-2026-11-21` in the person's own day. */
export function fileName(now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `gatehouse-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
