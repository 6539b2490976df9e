import {
  HodeiError,
  isHodeiError,
  toHodeiError,
  type InstanceRepository,
  type ProviderConfig,
  type WorkerProvider,
} from '@hodei/domain';

/**
 * Makes the live provider of a configuration. It resolves once the engine has answered, and rejects with
 * HodeiError `provider_unavailable` or `provider_timeout` where it does not (then the registry tries again
 * later), and with another code, like `invalid_input`, where the settings are wrong.
 */
export type ProviderFactory = (config: ProviderConfig) => Promise<WorkerProvider>;

/** Says which engine is meant by a provider here. @returns who means another one. */
export type DeclareEngine = (
  providerId: ProviderConfig['id'],
  engineId: string,
) => ReturnType<InstanceRepository['declareEngine']>;

/** A factory for each type of provider that this process knows. */
export type ProviderFactories = Readonly<Record<string, ProviderFactory>>;

/** @throws HodeiError `invalid_input` where no adapter of this type is installed, listing those that are. */
export function assertKnownType(factories: ProviderFactories, type: string): void {
  factoryOf(factories, type);
}

/**
 * @throws HodeiError as {@link ProviderFactory} does; `invalid_input` for an unknown type; `conflict` where others mean
 * another engine by this provider.
 */
export async function buildProvider(
  factories: ProviderFactories,
  config: ProviderConfig,
  declareEngine: DeclareEngine = async () => undefined,
): Promise<WorkerProvider> {
  const factory = factoryOf(factories, config.type);
  let provider: WorkerProvider;
  try {
    provider = await factory(config);
  } catch (error) {
    if (isHodeiError(error)) throw error;
    throw new HodeiError(
      'internal',
      `provider ${config.name} of type ${config.type} could not be built: ${toHodeiError(error).message}`,
      {
        cause: error,
      },
    );
  }
  try {
    await assertMeant(provider, config, declareEngine);
    return provider;
  } catch (error) {
    await provider[Symbol.asyncDispose]();
    throw error;
  }
}

/** The provider that was asked for, and the engine that all others mean by it: else jobs are looked for on a wrong one. */
async function assertMeant(
  { id, engineId }: WorkerProvider,
  { id: asked, name, type }: ProviderConfig,
  declareEngine: DeclareEngine,
): Promise<void> {
  if (id !== asked)
    throw new HodeiError('internal', `the factory for type ${type} built provider ${id} where ${asked} was asked for`);
  const other = engineId === undefined ? undefined : await declareEngine(id, engineId);
  if (other === undefined) return;
  throw new HodeiError(
    'conflict',
    `provider ${name} is the engine ${engineId} here, and the engine ${other.engineId} for ${other.instance}, which ` +
      'shares this database: register each engine under a name of its own, or have DOCKER_HOST lead to the same one',
  );
}

function factoryOf(factories: ProviderFactories, type: string): ProviderFactory {
  const factory = Object.hasOwn(factories, type) ? factories[type] : undefined;
  if (factory !== undefined) return factory;
  const known = Object.keys(factories).sort().join(', ') || 'none';
  throw new HodeiError('invalid_input', `"${type}" is no type of provider that is installed here; known are ${known}`, {
    details: { field: 'type' },
  });
}
