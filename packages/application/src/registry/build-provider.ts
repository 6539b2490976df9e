import { HodeiError, isHodeiError, toHodeiError, type ProviderConfig, type WorkerProvider } from '@hodei/domain';

/**
 * Makes the live provider of a configuration. It resolves once the engine has answered, and rejects with
 * HodeiError `provider_unavailable` or `provider_timeout` where it does not (then the registry tries again
 * later), and with another code, like `invalid_input`, where the settings are wrong.
 */
export type ProviderFactory = (config: ProviderConfig) => Promise<WorkerProvider>;

/** A factory for each type of provider that this process knows. */
export type ProviderFactories = Readonly<Record<string, ProviderFactory>>;

/** @throws HodeiError `invalid_input` where no adapter of this type is installed, listing those that are. */
export function assertKnownType(factories: ProviderFactories, type: string): void {
  factoryOf(factories, type);
}

/** @throws HodeiError as {@link ProviderFactory} does; `invalid_input` for an unknown type. */
export async function buildProvider(factories: ProviderFactories, config: ProviderConfig): Promise<WorkerProvider> {
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
  if (provider.id === config.id) return provider;
  await provider[Symbol.asyncDispose]();
  throw new HodeiError(
    'internal',
    `the factory for type ${config.type} built provider ${provider.id} where ${config.id} was asked for`,
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
