/**
 * The browser's own functions, taken before a page's script can change them. The page's end of the
 * transport uses nothing else, and no syntax that looks up a prototype (`for…of`, array destructuring,
 * spread): a page that pollutes its prototypes breaks neither its other calls nor ours.
 */
export const { apply } = Reflect;
const { getOwnPropertyDescriptor, defineProperty, setPrototypeOf } = Object;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function: a rest parameter needs it
type Any = any;
type Arguments<F> = F extends (...all: infer A) => unknown ? A : never;
type Result<F> = F extends (...all: never) => infer R ? R : never;

/** `uncurry(f)(self, a, b)` is `f.call(self, a, b)` without looking up `call`. */
export function uncurry<This, F>(native: F): (self: This, ...all: Arguments<F>) => Result<F> {
  return (self, ...all) => apply(native as Any, self, all) as Result<F>;
}

/** A method of a built-in class, as a function of its object. */
export function method<T extends object, K extends keyof T>(prototype: T, name: K) {
  return uncurry<T, T[K]>(prototype[name]);
}

/** A property of a built-in class, as a function of its object. */
export function getter<T extends object, K extends keyof T>(prototype: T, name: K) {
  return uncurry<T, () => T[K]>(getOwnPropertyDescriptor(prototype, name)?.get as () => T[K]);
}

/** Options for a native: what is not there is not found in `Object.prototype` either. */
export function bare<T extends object>(values: T): T {
  return setPrototypeOf(values, null) as T;
}

export function defineValue(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(
    target,
    name,
    bare({ value, configurable: true, enumerable: false, writable: true }),
  );
}

/** Adds to a list, also where a page put a setter on `Array.prototype`. */
export function push<T>(list: T[], value: T): void {
  const options = bare({ value, configurable: true, enumerable: true, writable: true });
  defineProperty(list, list.length, options);
}

export const exec = method(RegExp.prototype, 'exec');
export const matches = (pattern: RegExp, text: string): boolean => exec(pattern, text) !== null;

const encode = method(TextEncoder.prototype, 'encode');
const encoder = new TextEncoder();
export const toBytes = (text: string): Uint8Array => encode(encoder, text);
