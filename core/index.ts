/** The only door of core. */
export * from './control.ts';
export * from './errors.ts';
export * from './ports.ts';
export * from './router.ts';
export * from './storage/database.ts';
export type * from './storage/records.ts';
export * from './transport/fetch-event.ts';
