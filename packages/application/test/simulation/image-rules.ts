import { isTerminalJobState, type ImageCollection, type ImageUse, type Job, type JobId } from '@hodei/domain';

import { shortId } from './reach-store.ts';
import type { World } from './world.ts';

/** The disk is full, and stays so: what may go goes. Removes images, and looks whether somebody needs them. */
export class ImageRules {
  readonly #world: World;
  /** The jobs that had not ended when the rows were read. */
  #read: readonly Job[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The use of images is being read from the rows. */
  noteRead(): void {
    this.#read = this.#unended();
  }

  /** As an engine does it: what no worker was made from. */
  collect({ needed }: ImageUse): ImageCollection {
    const { engine } = this.#world;
    const inUse = new Set(engine.workers().map(({ image }) => image));
    const removed = engine.images.pulled.filter((image) => !needed.has(image) && !inUse.has(image));
    const stillThere = new Set<JobId>(this.#unended().map(({ id }) => id));
    for (const image of removed) {
      engine.images.remove(image);
      this.#world.imagesRemoved += 1;
      const job = this.#read.find(({ id, spec }) => spec.image === image && stillThere.has(id));
      if (job !== undefined) this.#world.blame(`image ${image} was removed, and job ${shortId(job.id)} needs it`);
    }
    return { removed };
  }

  #unended(): readonly Job[] {
    return [...this.#world.store.jobs.values()].map(({ job }) => job).filter(({ state }) => !isTerminalJobState(state));
  }
}
