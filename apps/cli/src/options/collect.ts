/** For an option that may be given more than once: commander calls it with each value and what came before. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
