type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the properties that are undefined, which are not the same as absent ones. */
export function defined<T extends Record<string, unknown>>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
