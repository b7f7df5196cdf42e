import { apply, bare } from '../../core/transport/natives.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a function of any shape
type Any = any;
export type Callable = (...all: Any[]) => Any;

const { Proxy } = globalThis;
const { get, getOwnPropertyDescriptor, defineProperty } = Reflect;
const { toString } = Function.prototype;

/**
 * Gives a native function, or a native property's getter, a detour: what `choose` gives is called in
 * its place. A Proxy, because it has the native's name, length, properties and errors as they are.
 */
export function wrap(
  target: object,
  name: string,
  choose: (self: Any, all: Any[]) => Callable | undefined,
): void {
  const descriptor = bare(getOwnPropertyDescriptor(target, name) ?? {});
  const kind = descriptor.get ? 'get' : 'value';
  const native = descriptor[kind] as Callable;
  // A Proxy's own text is "function () { [native code] }": the name would be missing.
  const text = toString.bind(native);
  descriptor[kind] = new Proxy(
    native,
    bare<ProxyHandler<Callable>>({
      apply: (_native, self, all) => apply(choose(self, all) ?? native, self, all) as unknown,
      get(_native, key, receiver) {
        const value: unknown = get(native, key, receiver);
        return value === toString ? text : value;
      },
    }),
  );
  // False where another extension froze it before us: then there is nothing to do.
  defineProperty(target, name, descriptor);
}
