/**
 * The diagrams that were asked for, by their text, with their height: a message that leaves the view
 * and comes back draws them again.
 */
export const asked = new Map<string, number>();
