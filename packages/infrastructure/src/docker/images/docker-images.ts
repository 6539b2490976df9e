import { setImmediate } from 'node:timers/promises';

import {
  HodeiError,
  isHodeiError,
  orAborted,
  type CallOptions,
  type ProviderId,
  type ProvisionProgress,
  type WorkerSpec,
} from '@hodei/domain';

import { homeOf } from '../connection/connect-docker.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import { readDockerConfigFile } from './docker-config-file.ts';
import type { DockerConfig } from '../config/docker-config.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import { inspectImage, type ImageFacts } from './image-facts.ts';
import { markPulled } from './image-marks.ts';
import { parseImageReference } from './image-reference.ts';
import { pullImage } from './pull-image.ts';
import { findRegistryCredentials, toAuthConfig } from './registry-credentials.ts';
import { SingleFlight } from '../support/single-flight.ts';

/** Which image, and how it may be got. */
export type ImageRequest = Pick<WorkerSpec, 'image' | 'pullPolicy' | 'architecture'>;

type PrepareOptions = CallOptions & { readonly onProgress?: ((progress: ProvisionProgress) => void) | undefined };

/** More names than this are not remembered. */
const MOST_REMEMBERED = 1_000;

/** The images of one engine. */
export class DockerImages {
  readonly #engine: DockerEngine;
  readonly #config: Pick<DockerConfig, 'registryAuth' | 'pull'>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;
  readonly #disk: Pick<DiskWatch, 'assertRoomForPull'> | undefined;
  readonly #markFor: ProviderId | undefined;
  readonly #pulls = new SingleFlight<string>();
  readonly #facts = new Map<string, ImageFacts>();
  /** Looks that have not begun yet, by image. */
  readonly #looks = new Map<string, Promise<ImageFacts>>();

  constructor(
    engine: DockerEngine,
    config: Pick<DockerConfig, 'registryAuth' | 'pull'>,
    surroundings: {
      readonly env?: NodeJS.ProcessEnv;
      readonly home?: string;
      readonly disk?: Pick<DiskWatch, 'assertRoomForPull'>;
      /** Whose pulled images are marked; absent: nobody's. */
      readonly markFor?: ProviderId | undefined;
    } = {},
  ) {
    this.#engine = engine;
    this.#config = config;
    this.#env = surroundings.env ?? process.env;
    this.#disk = surroundings.disk;
    this.#markFor = surroundings.markFor;
    this.#home = surroundings.home ?? homeOf(this.#env);
  }

  /** See `WorkerProvider.prepareImage`; also `invalid_input` for a malformed name. */
  async prepare(request: ImageRequest, options: PrepareOptions = {}): Promise<ImageFacts> {
    const { image, pullPolicy, architecture } = request;
    parseImageReference(image);
    const isMarked = this.#markFor !== undefined;
    const present = pullPolicy !== 'always' || isMarked ? await this.#present(image, options) : undefined;
    if (pullPolicy !== 'always') {
      const facts = present;
      if (facts !== undefined && fits(facts, architecture)) return facts;
      if (pullPolicy === 'never') {
        const why = facts === undefined ? 'does not have' : `has, but only for ${facts.architecture},`;
        throw new HodeiError(
          'image_not_found',
          `the Docker Engine ${why} the image ${image}, and the pull policy is "never"`,
          { details: { image } },
        );
      }
    }
    await this.#disk?.assertRoomForPull(image, options.signal);
    // What was here before is somebody else's.
    await this.#pull(request, options, isMarked && present === undefined);
    const facts = await this.#inspect(image, options);
    if (fits(facts, architecture)) return facts;
    throw new HodeiError('image_not_found', `${image} is there for ${facts.architecture}, not for ${architecture}`, {
      details: { image },
    });
  }

  /**
   * What the image says about itself: as {@link prepare} last saw it under this name, else by asking now.
   * @throws HodeiError `image_not_found`
   */
  async facts(image: string, options: CallOptions = {}): Promise<ImageFacts> {
    return this.#facts.get(image) ?? this.#inspect(image, options);
  }

  /** For a caller that found out that the engine has it no longer. */
  forget(image: string): void {
    this.#facts.delete(image);
  }

  async #present(image: string, options: CallOptions): Promise<ImageFacts | undefined> {
    try {
      return await this.#inspect(image, options);
    } catch (error) {
      if (!isHodeiError(error, 'image_not_found')) throw error;
      this.forget(image);
      return undefined;
    }
  }

  /** Whoever asks in the same turn of the event loop shares a look; one that has begun may be older than the question. */
  async #inspect(image: string, { signal }: CallOptions): Promise<ImageFacts> {
    let look = this.#looks.get(image);
    if (look === undefined) {
      look = setImmediate().then(() => this.#look(image));
      this.#looks.set(image, look);
    }
    return await orAborted(look, signal);
  }

  async #look(image: string): Promise<ImageFacts> {
    this.#looks.delete(image);
    const facts = await inspectImage(this.#engine, image);
    this.#facts.delete(image);
    this.#facts.set(image, facts);
    const oldest = this.#facts.keys().next();
    if (this.#facts.size > MOST_REMEMBERED && !oldest.done) this.#facts.delete(oldest.value);
    return facts;
  }

  async #pull(
    { image, architecture }: ImageRequest,
    { signal, onProgress }: PrepareOptions,
    isOurs: boolean,
  ): Promise<void> {
    const reference = parseImageReference(image);
    const { name, registry, tag } = reference;
    const work = async (pullSignal: AbortSignal, report: (detail: string) => void): Promise<void> => {
      const file = await readDockerConfigFile(this.#env, this.#home);
      const { credentials, inHelper } = findRegistryCredentials(registry, this.#config.registryAuth, file);
      const context = {
        image,
        registry,
        architecture,
        hadCredentials: credentials !== undefined,
        credentialsInHelper: inHelper,
      };
      const authConfig = credentials === undefined ? undefined : toAuthConfig(credentials, registry);
      await pullImage(
        this.#engine,
        { reference, context, authConfig, stallTimeoutMs: this.#config.pull.stallTimeoutMs },
        pullSignal,
        report,
      );
      if (isOurs && this.#markFor !== undefined) await markPulled(this.#engine, this.#markFor, image);
    };
    onProgress?.({ phase: 'pulling-image' });
    await this.#pulls.run([name, tag, architecture ?? ''].join(' '), work, {
      signal,
      onProgress: (detail) => onProgress?.({ phase: 'pulling-image', ...(detail === '' ? {} : { detail }) }),
    });
  }
}

const fits = (facts: ImageFacts, architecture: string | undefined): boolean =>
  architecture === undefined || facts.architecture === architecture;
