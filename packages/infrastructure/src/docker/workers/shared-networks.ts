import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import {
  HodeiError,
  isHodeiError,
  LABELS,
  type EpochMs,
  type InstallationId,
  type ProviderCapabilities,
  type ProviderId,
  type WorkerSpec,
} from '@hodei/domain';
import type Docker from 'dockerode';

import { assertProgram, type KnownShells } from '../images/assert-program.ts';
import { holderConfig, type SharedNetwork } from './container-config.ts';
import { removeById } from './destroy-worker.ts';
import type { DockerConfig } from '../config/docker-config.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import type { DockerImages } from '../images/docker-images.ts';
import { postJson } from '../engine/engine-request.ts';
import { KeyedQueue } from '../support/keyed-queue.ts';
import { ownedLabels } from './list-workers.ts';
import { conditionOf } from '../engine/translate-docker-error.ts';

/** Whose network, and with which image its holder is made where it is not there. */
export type SharedNetworkRequest = Pick<WorkerSpec, 'installationId' | 'image'> & { readonly key: string };

/** How long others may make, start and remove the holder under our hands before that is a failure. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 20;

interface Surroundings {
  readonly engine: DockerEngine;
  readonly images: DockerImages;
  readonly config: DockerConfig;
  readonly providerId: ProviderId;
  readonly capabilities: ProviderCapabilities;
  readonly shells: KnownShells;
}

/**
 * Empty network namespaces that workers share. Each is held by a container, the **holder**, whose process has
 * stopped itself: it needs no program but a shell, no stdin, and none of our processes. So it outlives whoever made
 * it, and is removed by whoever sees that no worker has been in it for a while.
 *
 * The holder's name follows from installation, provider and key: the engine itself keeps it from being made twice.
 */
export class SharedNetworks {
  readonly #surroundings: Surroundings;
  readonly #known = new Map<string, string>();
  readonly #making = new KeyedQueue<string>();
  /** Since when nobody was seen in a network. */
  readonly #unusedSince = new Map<string, EpochMs>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The network, whose holder runs; made where it is not there. */
  async hold(request: SharedNetworkRequest, signal?: AbortSignal): Promise<SharedNetwork> {
    const network = this.#nameOf(request);
    return await this.#making.run(network, async () => {
      const known = this.#known.get(network) ?? (await this.#findOrMake(network, request, signal));
      this.#known.set(network, known);
      return { name: network, holderId: known };
    });
  }

  /** Whether the holder is gone, so that a worker which could not join it is to be made again. */
  async wasLost({ name, holderId }: SharedNetwork, signal?: AbortSignal): Promise<boolean> {
    const found = await this.#inspect(holderId, signal);
    if (found?.State.Running === true) return false;
    if (this.#known.get(name) === holderId) this.#known.delete(name);
    return true;
  }

  #nameOf({ installationId, key }: Pick<SharedNetworkRequest, 'installationId' | 'key'>): string {
    const identity = JSON.stringify([installationId, this.#surroundings.providerId, key]);
    return createHash('sha256').update(identity).digest('hex').slice(0, 24);
  }

  /**
   * Removes the holders of networks in which nobody was for as long as the settings say.
   * @returns how many were removed.
   */
  async prune(installationId: InstallationId, now: EpochMs, signal?: AbortSignal): Promise<number> {
    const label = [...ownedLabels({ installationId, providerId: this.#surroundings.providerId }), LABELS.network];
    const containers = await this.#surroundings.engine.call(
      { doing: 'listing shared networks' },
      (docker, abortSignal) => docker.listContainers({ all: true, filters: { label }, abortSignal }),
      { signal },
    );
    const isHolder = (each: Docker.ContainerInfo): boolean => each.Labels[LABELS.worker] === undefined;
    const used = new Set(containers.filter((each) => !isHolder(each) && mayUse(each)).map(networkLabel));
    const unused = containers.filter((each) => isHolder(each) && !used.has(networkLabel(each)));
    const networks = new Set(unused.map(networkLabel));
    for (const network of this.#unusedSince.keys()) if (!networks.has(network)) this.#unusedSince.delete(network);
    let removed = 0;
    for (const holder of unused) {
      const network = networkLabel(holder);
      const since = this.#unusedSince.get(network) ?? now;
      this.#unusedSince.set(network, since);
      if (now - since < this.#surroundings.config.sharedNetworkIdleMs) continue;
      // A worker that is on its way into it fails to start, and is made again with another holder.
      this.#known.delete(network);
      await removeById(this.#surroundings.engine, holder.Id, whatHolds(network), signal);
      removed += 1;
    }
    return removed;
  }

  async #findOrMake(network: string, request: SharedNetworkRequest, signal: AbortSignal | undefined): Promise<string> {
    const name = `hodei-net-${network}`;
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until) {
      const found = await this.#inspect(name, signal);
      if (found?.State.Running === true) return this.#ours(found, network);
      if (found !== undefined && found.State.Status !== 'created') {
        // It ended: by a restart of the engine, say. Nobody can join it any more.
        await removeById(this.#surroundings.engine, this.#ours(found, network), whatHolds(network), signal);
        continue;
      }
      const id = found === undefined ? await this.#create(name, network, request) : this.#ours(found, network);
      if (id !== undefined && (await this.#start(id, network, request.image, signal))) return id;
      // A name can be taken some time before its container can be seen.
      await delay(RETRY_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
    throw new HodeiError('start_failed', `the holder ${name} of a shared network does not stay on the Docker Engine`);
  }

  /** Nothing where the name is taken meanwhile. Not given up by a signal: see `createWorker`. */
  async #create(name: string, network: string, request: SharedNetworkRequest): Promise<string | undefined> {
    const { installationId, image } = request;
    const labels = {
      [LABELS.managed]: 'true',
      [LABELS.installation]: installationId,
      [LABELS.provider]: this.#surroundings.providerId,
      [LABELS.network]: network,
    };
    const body = holderConfig(image, labels, this.#surroundings.config, this.#surroundings.capabilities);
    const call = { doing: 'making the holder of a shared network', subject: image, otherwise: 'start_failed' } as const;
    try {
      const answer = await this.#surroundings.engine.call(call, (docker, abortSignal) =>
        postJson(docker, { path: '/containers/create', query: { name }, body, abortSignal }),
      );
      return (answer as { readonly Id: string }).Id;
    } catch (error) {
      if (conditionOf(error) === 'name-in-use') return undefined;
      throw error;
    }
  }

  /** False where somebody removed it before. */
  async #start(id: string, network: string, image: string, signal: AbortSignal | undefined): Promise<boolean> {
    const call = {
      doing: 'starting the holder of a shared network',
      subject: image,
      firstProcess: 'launcher',
      otherwise: 'start_failed',
    } as const;
    const { engine, images, shells } = this.#surroundings;
    try {
      const facts = await images.facts(image, signal === undefined ? {} : { signal });
      await assertProgram(engine, { workerId: `network ${network}`, resourceId: id }, { image }, facts, shells, signal);
      await engine.call(call, (docker, abortSignal) => docker.getContainer(id).start({ abortSignal }), {
        signal,
      });
      return true;
    } catch (error) {
      if (isHodeiError(error) && error.details['status'] === 304) return true;
      if (!(await this.#inspect(id, signal))) return false;
      await removeById(this.#surroundings.engine, id, whatHolds(network));
      throw error;
    }
  }

  #ours({ Id, Config }: Docker.ContainerInspectInfo, network: string): string {
    const labels = Config.Labels;
    if (labels[LABELS.network] === network && labels[LABELS.provider] === this.#surroundings.providerId) return Id;
    throw new HodeiError(
      'name_taken',
      `a container named hodei-net-${network} is on the Docker Engine already and is not ours; remove or rename it`,
      { details: { containerId: Id } },
    );
  }

  async #inspect(idOrName: string, signal: AbortSignal | undefined): Promise<Docker.ContainerInspectInfo | undefined> {
    try {
      return await this.#surroundings.engine.call(
        { doing: 'looking at the holder of a shared network', subject: `worker ${idOrName}` },
        (docker, abortSignal) => docker.getContainer(idOrName).inspect({ abortSignal }),
        { signal },
      );
    } catch (error) {
      if (isHodeiError(error, 'worker_not_found')) return undefined;
      throw error;
    }
  }
}

const whatHolds = (network: string): string => `the holder of shared network ${network}`;

const networkLabel = ({ Labels }: Docker.ContainerInfo): string => Labels[LABELS.network] ?? '';

/** What has ended never joins it again. */
const mayUse = ({ State }: Docker.ContainerInfo): boolean => State !== 'exited' && State !== 'dead';
