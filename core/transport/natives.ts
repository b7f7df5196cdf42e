/**
 * The browser's own functions, taken before a page's script can change them. The page's end of the
 * transport uses nothing else, and no syntax that looks up a prototype (`for…of`, array destructuring,
 * spread): a page that pollutes its prototypes breaks neither its other calls nor ours.
 *
 * Each class that is touched costs its frame 1 kB, so they are taken inside the factories: at once in
 * a top frame, with the first call in a child frame (extension/inpage).
 */
export const { apply } = Reflect;
const { create, getOwnPropertyDescriptors, setPrototypeOf } = Object;
const { exec } = RegExp.prototype;

interface Class<T> {
  readonly prototype: T;
}

/** What a class's objects inherit, as it is now. */
export const keep = <T>({ prototype }: Class<T>): T =>
  // It stays one of the class's objects for those who ask by `instanceof`, as Node's own do.
  create(prototype as object, getOwnPropertyDescriptors(prototype)) as T;

/** Gives an object of ours, that no page sees, its kept prototype: its methods are the browser's. */
export function hold<T>(value: T, kept: T): T {
  return setPrototypeOf(value, kept as object) as T;
}

/** What is not in it is not found in `Object.prototype` either. */
export function bare<T extends object>(values: T): T {
  return setPrototypeOf(values, null) as T;
}

/** For objects that belong to the page: `take(Class)` once, then `read` and `call`. */
export type Taken<T> = { readonly [K in keyof T]: PropertyDescriptor };
export const take = <T>({ prototype }: Class<T>): Taken<T> =>
  bare(getOwnPropertyDescriptors(prototype)) as Taken<T>;

export function read<T, K extends keyof T>(self: T, taken: Taken<T>, name: K): T[K] {
  return apply(taken[name].get as () => unknown, self, []) as T[K];
}

type Arguments<F> = F extends (...all: infer A) => unknown ? A : never;
type Result<F> = F extends (...all: never[]) => infer R ? R : never;
export function call<T, K extends keyof T>(
  self: T,
  taken: Taken<T>,
  name: K,
  ...all: Arguments<T[K]>
): Result<T[K]> {
  return apply(taken[name].value as () => unknown, self, all) as Result<T[K]>;
}

export const match = (pattern: RegExp, text: string): string | undefined =>
  (apply(exec, pattern, [text]) as RegExpExecArray | null)?.[0];
