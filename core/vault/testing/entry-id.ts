/** The id of what a victim imports together with a pair of secrets, from the name before their letters. */
export const toEntryId = (name: string) => name.replace('_', '-');
