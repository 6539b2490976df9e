/** A label and what it says; absent values are left out. */
export type Detail = readonly [label: string, value: string | undefined];

/** Lines of `label  value`, in one column each. */
export function renderDetails(details: readonly Detail[], indent = ''): readonly string[] {
  const known = details.filter((detail): detail is readonly [string, string] => detail[1] !== undefined);
  const width = Math.max(0, ...known.map(([label]) => label.length));
  return known.map(([label, value]) => `${indent}${label.padEnd(width)}  ${value}`);
}
