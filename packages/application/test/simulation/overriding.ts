/** The object, but for these methods. */
export const overriding = <T extends object>(target: T, overrides: Partial<T>): T =>
  new Proxy(target, {
    get(object, property) {
      if (Reflect.has(overrides, property)) return Reflect.get(overrides, property) as unknown;
      const value: unknown = Reflect.get(object, property, object);
      return typeof value === 'function'
        ? (...args: readonly unknown[]) => Reflect.apply(value, object, args) as unknown
        : value;
    },
  });
