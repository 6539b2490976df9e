import { HodeiError, type CallOptions, type ProviderCapabilities, type ProviderId } from '@hodei/domain';

import { connectDocker } from './connection/connect-docker.ts';
import { diskReaderFor, type ReadDisk } from './disk/disk-space.ts';
import { DEFAULT_DOCKER_CONFIG, type DockerConfig } from './config/docker-config.ts';
import { DockerEngine } from './engine/docker-engine.ts';
import { DockerProvider } from './docker-provider.ts';
import { narrowCapabilities } from './capabilities/narrow-capabilities.ts';
import { recallEngine } from './engine/recall-engine.ts';
import { probeCapabilities } from './capabilities/probe-capabilities.ts';

/** How long an engine may take to say what it is, in milliseconds: somebody waits to hear that it hangs. */
const PROBE_TIMEOUT_MS = 8000;

/**
 * Makes a {@link DockerProvider}:
 *
 * ```ts
 * const provider = await new DockerProviderBuilder()
 *   .withProviderId(id)
 *   .withConfig(DEFAULT_DOCKER_CONFIG)
 *   .build();
 * ```
 */
export class DockerProviderBuilder {
  #id: ProviderId | undefined;
  #config: DockerConfig = DEFAULT_DOCKER_CONFIG;
  #capabilities: Partial<ProviderCapabilities> = {};
  #env: NodeJS.ProcessEnv = process.env;
  #readDisk: ReadDisk | undefined;

  /** The id under which the installation knows this provider. Required. */
  withProviderId(id: ProviderId): this {
    this.#id = id;
    return this;
  }

  /** Instead of {@link DEFAULT_DOCKER_CONFIG}. */
  withConfig(config: DockerConfig): this {
    this.#config = config;
    return this;
  }

  /**
   * Claims less than the engine offers (lower bounds, fewer limits, no recovery), or what only the operator
   * knows (regions, labels, features, GPU types). It can't make the engine do what it does not.
   */
  withCapabilities(capabilities: Partial<ProviderCapabilities>): this {
    this.#capabilities = capabilities;
    return this;
  }

  /**
   * Where `DOCKER_HOST` and its family, and `HOME` for the files of the docker CLI, are read, instead of this
   * process's own environment.
   */
  withEnvironment(env: NodeJS.ProcessEnv): this {
    this.#env = env;
    return this;
  }

  /** How the engine's disk is looked at, where only the operator knows; see `diskReaderFor` for what is done else. */
  withDiskReader(read: ReadDisk): this {
    this.#readDisk = read;
    return this;
  }

  /**
   * Connects, and asks the engine what it really offers.
   *
   * @throws HodeiError `config_invalid`, `provider_unavailable`, `provider_timeout`, `authentication_failed`,
   * `unsupported`; `invalid_input` without a provider id.
   */
  async build(options: CallOptions = {}): Promise<DockerProvider> {
    const id = this.#id;
    if (id === undefined)
      throw new HodeiError('invalid_input', 'a Docker provider needs its id; call withProviderId()');
    const config = this.#config;
    const engine = new DockerEngine(await connectDocker(config.connection, { env: this.#env }), config.callTimeoutMs);
    const timeoutMs = Math.min(config.callTimeoutMs, PROBE_TIMEOUT_MS);
    const probed = await probeCapabilities(engine, config, { timeoutMs, ...options });
    // Containers that are older than its life can be told from now on.
    void engine.lives.look(() => recallEngine(engine)).catch(() => engine.lives.doubt());
    return new DockerProvider({
      id,
      engineId: probed.info.id,
      engine,
      config,
      env: this.#env,
      capabilities: narrowCapabilities(probed.capabilities, this.#capabilities),
      readDisk: this.#readDisk ?? diskReaderFor(engine, probed.info.dataRoot, config.disk.budgetBytes),
    });
  }
}
