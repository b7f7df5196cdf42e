import { apply, bare, uncurry } from '../../core/transport/natives.ts';

const { Proxy } = globalThis;
const { get } = Reflect;
const { toString } = Function.prototype;
const sourceOf = uncurry<unknown, () => string>(toString);

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a native of any shape
type Native = (...all: any[]) => any;

/**
 * A native function with a detour. A Proxy, because it has the native's name, length, properties and
 * source text as they are, and can not be told from it by a script that does not look hard.
 */
export function wrap<F extends Native>(
  native: F,
  detour: (native: F, self: unknown, all: Parameters<F>) => ReturnType<F>,
): F {
  const text = {
    toString(this: unknown) {
      return sourceOf(this === wrapped ? native : this);
    },
  };
  const wrapped: F = new Proxy(
    native,
    bare<ProxyHandler<F>>({
      apply: (target, self, all) => detour(target, self, all as Parameters<F>),
      // A Proxy's own text is "function () { [native code] }": the name is missing.
      get(target, key, receiver) {
        const value: unknown = get(target, key, receiver);
        return value === toString ? text.toString : value;
      },
    }),
  );
  return wrapped;
}

/** The same call, as if we were not there. */
export const pass = <F extends Native>(native: F, self: unknown, all: Parameters<F>) =>
  apply(native, self, all) as ReturnType<F>;
