import {
  assertProviderInput,
  isHodeiError,
  parseProviderId,
  type Clock,
  type IdGenerator,
  type ProviderConfig,
  type ProviderId,
  type ProviderInput,
  type ProviderPatch,
  type ProviderRepository,
} from '@hodei/domain';

import { assertKnownType, type ProviderFactories } from './build-provider.ts';
import { BUILD_LIMIT_MS, type ProviderEntries } from './provider-entries.ts';
import { unless } from './unless.ts';
import { within } from './within.ts';

/** How many workers a provider may have at once where its operator does not say. */
export const DEFAULT_MAX_WORKERS = 100;

/** What a {@link ProviderWriter} needs. */
export interface ProviderWriterParams {
  readonly providers: ProviderRepository;
  readonly entries: ProviderEntries;
  readonly factories: ProviderFactories;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** Stores new and changed providers; see {@link ProviderRegistry} for what each method means. */
export class ProviderWriter {
  readonly #params: ProviderWriterParams;

  constructor(params: ProviderWriterParams) {
    this.#params = params;
  }

  async register(input: ProviderInput): Promise<ProviderConfig> {
    assertProviderInput(input);
    assertKnownType(this.#params.factories, input.type);
    const at = this.#params.clock.now();
    const id = parseProviderId(this.#params.ids.uuid());
    const defaults = {
      mode: 'active',
      priority: 0,
      maxWorkers: DEFAULT_MAX_WORKERS,
      labels: {},
      settings: {},
    } as const;
    return this.#store({ ...defaults, ...input, id, createdAt: at, updatedAt: at, version: 1 }, (config) =>
      this.#params.providers.insert(config),
    );
  }

  async ensure(input: ProviderInput): Promise<ProviderConfig> {
    const { providers, entries, clock } = this.#params;
    const existing = await providers.getByName(input.name).catch(unless('not_found'));
    const config =
      existing ?? (await this.register(input).catch(unless('name_taken'))) ?? (await providers.getByName(input.name));
    const entry = entries.accept(config);
    if (!entry.isBuilt) await within(clock, BUILD_LIMIT_MS, () => entries.built());
    return config;
  }

  async update(id: ProviderId, patch: ProviderPatch): Promise<ProviderConfig> {
    assertProviderInput(patch);
    const changed = await this.#updateOnce(id, patch).catch(unless('conflict'));
    return changed ?? this.#updateOnce(id, patch);
  }

  async #updateOnce(id: ProviderId, patch: ProviderPatch): Promise<ProviderConfig> {
    const { providers, entries, clock } = this.#params;
    const current = await providers.get(id);
    const entry = entries.accept(current);
    const at = clock.now();
    const write = (): Promise<ProviderConfig> => providers.update({ id, version: current.version, patch, at });
    const next = { ...current, ...patch };
    return entry.needsRebuild(next) ? this.#store(next, write) : entries.accept(await write()).config;
  }

  async #store(
    config: ProviderConfig,
    write: (config: ProviderConfig) => Promise<ProviderConfig>,
  ): Promise<ProviderConfig> {
    const { entries } = this.#params;
    const built = await entries.prepare(config);
    try {
      const stored = await write(config);
      entries.adopt(stored, built);
      return stored;
    } catch (error) {
      if (!isHodeiError(built)) await entries.discard([built]);
      throw error;
    }
  }
}
