const REMEMBERED = 'gatehouse-model';

/** The model of the next new chat: the one used last. Read at once, before any worker answers. */
export function lastModel(): string {
  return localStorage.getItem(REMEMBERED) ?? 'auto';
}

export function rememberModel(model: string): void {
  localStorage.setItem(REMEMBERED, model);
}
