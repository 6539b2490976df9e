/** For an option that may be given more than once: commander calls it with each value and what came before. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The same, with each value read. */
export const collectEach =
  <Value>(read: (text: string) => Value) =>
  (text: string, before: readonly Value[] = []): readonly Value[] => [...before, read(text)];
