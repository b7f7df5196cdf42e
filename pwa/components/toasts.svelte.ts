/** Short words about what was just done, with one way back. Errors never stand in a toast alone. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 5_000;
/** As long as a deletion can be taken back. */
export const UNDO_MS = 10_000;

let nextId = 1;
let list = $state.raw<readonly Toast[]>([]);
const timers: Record<number, ReturnType<typeof setTimeout>> = {};

export function toasts(): readonly Toast[] {
  return list;
}

export function showToast(text: string, action?: Toast['action']): number {
  const id = nextId++;
  list = [...list.slice(-2), { id, text, action }];
  keepToast(id);
  resumeToast(id, action ? UNDO_MS : SHOWN_MS);
  return id;
}

export function dropToast(id: number): void {
  keepToast(id);
  list = list.filter((toast) => toast.id !== id);
}

/** While it is pointed at or holds the focus it stays. */
export function keepToast(id: number): void {
  clearTimeout(timers[id]);
  delete timers[id];
}

export function resumeToast(id: number, after = SHOWN_MS): void {
  timers[id] = setTimeout(() => dropToast(id), after);
}
