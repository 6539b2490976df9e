import type { EngineEndpoint } from '../engine/engine-address.ts';
import { buildBusybox } from './build-busybox.ts';
import { buildEntrypoint } from './build-entrypoint.ts';
import { buildNode } from './build-node.ts';
import { buildNoShell } from './build-no-shell.ts';
import { buildPostgres } from './build-postgres.ts';
import { imageIsPresent } from './image-store.ts';
import { images } from './names.ts';
import { pullImage } from './pull-image.ts';

/** Leaves present images alone, pulls what can be pulled, and builds the rest here. */
export class ImageEnsurer {
  readonly #engine: EngineEndpoint;
  readonly #say: (words: string) => void;
  /** After one pull that failed the next is not tried: without a registry each attempt may cost its whole deadline. */
  #registryFails = false;

  constructor(engine: EngineEndpoint, say: (words: string) => void) {
    this.#engine = engine;
    this.#say = say;
  }

  async ensureBusybox(): Promise<void> {
    const { busybox } = images;
    if (!(await this.#isPresent(busybox)) && !(await this.#pull(busybox))) {
      await this.#build(busybox, () => buildBusybox(this.#engine, busybox));
    }
  }

  async ensureAll(): Promise<void> {
    const { busybox, noShell, entrypoint } = images;
    await this.ensureBusybox();
    await this.#build(noShell, () => buildNoShell(this.#engine, busybox, noShell));
    await this.#build(entrypoint, () => buildEntrypoint(this.#engine, busybox, entrypoint));
    await this.#ensurePostgres();
  }

  #ensurePostgres(): Promise<string> {
    return this.#ensureEither(images.postgres, (local) => buildPostgres(this.#engine, images.busybox, local));
  }

  /** Only what builds images needs it. @returns the one that is there. */
  ensureNode(): Promise<string> {
    return this.#ensureEither(images.node, (local) => buildNode(this.#engine, images.busybox, local));
  }

  async #ensureEither(
    { official, local }: { readonly official: string; readonly local: string },
    make: (local: string) => Promise<void>,
  ): Promise<string> {
    if (await this.#isPresent(official)) return official;
    if (await this.#isPresent(local)) return local;
    if (await this.#pull(official)) return official;
    await this.#build(local, () => make(local));
    return local;
  }

  #isPresent(image: string): Promise<boolean> {
    return imageIsPresent(this.#engine, image);
  }

  async #pull(image: string): Promise<boolean> {
    if (this.#registryFails) {
      return false;
    }
    this.#say(`pulling ${image}`);
    try {
      await pullImage(this.#engine, image);
      return true;
    } catch (error) {
      this.#registryFails = true;
      this.#say(`could not pull it (${error instanceof Error ? error.message : String(error)})`);
      return false;
    }
  }

  async #build(image: string, make: () => Promise<void>): Promise<void> {
    if (!(await this.#isPresent(image))) {
      this.#say(`building ${image}`);
      await make();
    }
  }
}
