/**
 * Makes one read of those that are asked for at about the same time, with the same arguments: a thousand followers of
 * one job want the same. It begins after all of them have asked, so none misses a change that woke it.
 * @param gather resolves when those who ask together have asked.
 */
export function shareReads<Arguments, Result>(
  read: (args: Arguments) => Promise<Result>,
  gather: () => Promise<void>,
): (args: Arguments) => Promise<Result> {
  const asked = new Map<string, Promise<Result>>();
  return (args) => {
    const key = JSON.stringify(args);
    const known = asked.get(key);
    if (known !== undefined) return known;
    const result = gather().then(() => {
      asked.delete(key);
      return read(args);
    });
    asked.set(key, result);
    return result;
  };
}
