const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** An amount of memory for people: `512 B`, `1.5 MiB`, `64 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
