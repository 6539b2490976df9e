import { HodeiError } from '@hodei/domain';

/**
 * Reads typed values out of settings that came as JSON. Every method throws `config_invalid` and names the
 * field by its whole path. A field that nobody asked for is refused by {@link SettingsReader.end}.
 */
export class SettingsReader {
  readonly #path: string;
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #seen = new Set<string>();

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) invalid(path, 'must be an object', value);
    this.#path = path;
    this.#values = new Map(Object.entries(value));
  }

  has(name: string): boolean {
    return this.#values.get(name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    return typeof value === 'string' && value !== ''
      ? value
      : invalid(this.pathOf(name), 'must be text that is not empty', value);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const found = allowed.find((each) => each === value);
    return found ?? invalid(this.pathOf(name), `must be one of ${allowed.join(', ')}`, value);
  }

  flag(name: string): boolean | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return invalid(this.pathOf(name), 'must be true or false', value);
  }

  /** A whole number. */
  count(name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    return fits ? value : invalid(this.pathOf(name), `must be a whole number from ${least} to ${most}`, value);
  }

  /** Any number from zero on. */
  amount(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const fits = typeof value === 'number' && Number.isFinite(value) && value >= 0;
    return fits ? value : invalid(this.pathOf(name), 'must be a number of at least 0', value);
  }

  texts(name: string): readonly string[] | undefined {
    return this.list(name)?.map((value, index) =>
      typeof value === 'string' && value !== ''
        ? value
        : invalid(`${this.pathOf(name)}[${index}]`, 'must be text that is not empty', value),
    );
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return invalid(this.pathOf(name), 'must be a list', value);
    return value as readonly unknown[];
  }

  /** Text by name. */
  dictionary(name: string): Readonly<Record<string, string>> | undefined {
    const inner = this.object(name);
    if (inner === undefined) return undefined;
    return Object.fromEntries(inner.names().map((key) => [key, inner.text(key) ?? '']));
  }

  object(name: string): SettingsReader | undefined {
    const value = this.#take(name);
    return value === undefined ? undefined : new SettingsReader(value, this.pathOf(name));
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  refuse(name: string, right: string): never {
    return invalid(this.pathOf(name), right, this.#values.get(name));
  }

  /** Refuses what was not asked for: most likely it is misspelt. */
  end(): void {
    const unknown = this.names().find((name) => !this.#seen.has(name));
    if (unknown === undefined) return;
    const known = [...this.#seen].toSorted().join(', ');
    throw new HodeiError('config_invalid', `${this.pathOf(unknown)} is no setting here; known are ${known}`, {
      details: { field: this.pathOf(unknown) },
    });
  }

  #take(name: string): unknown {
    this.#seen.add(name);
    return this.#values.get(name);
  }
}

/** The value is not shown where it might be a secret that someone put into the wrong field. */
function invalid(path: string, right: string, value: unknown): never {
  const shown =
    typeof value === 'number' || typeof value === 'boolean'
      ? `${path} ${value}`
      : `${path === '' ? 'the settings' : path}`;
  throw new HodeiError('config_invalid', `${shown} ${right}`, { details: { field: path } });
}
