/** True where two values are the same as JSON, whatever the order of their keys: a database may change that. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const ofA = Object.entries(a).filter(([, value]) => value !== undefined);
  const ofB = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return ofA.length === ofB.size && ofA.every(([key, value]) => ofB.has(key) && sameData(value, ofB.get(key)));
}
