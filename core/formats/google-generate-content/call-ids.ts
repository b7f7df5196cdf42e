/** Ids that we give to calls which Google names without one. They never go to Google. */
const PREFIX = 'gcall_';

/** The `place`-th call of an answer or a talk, the same each time that it is read. */
export function toCallId(scope: string, place: number): string {
  const safe = scope.replace(/[^a-zA-Z0-9]/g, '').slice(0, 24);
  return safe === '' ? `${PREFIX}${place}` : `${PREFIX}${safe}_${place}`;
}

export function isOurCallId(id: string): boolean {
  return id.startsWith(PREFIX);
}
