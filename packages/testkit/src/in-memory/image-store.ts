import {
  HodeiError,
  orAborted,
  type Clock,
  type ErrorCode,
  type ProvisionProgress,
  type PullPolicy,
} from '@hodei/domain';

/** An image of the in-memory engine. */
export interface InMemoryImage {
  /** Whether workers of it can take orders; by default yes. */
  readonly shell?: boolean;
  /** What it runs where a job names no command. */
  readonly defaultCommand?: readonly string[];
  /** Whether it has to be pulled first; by default it is there. */
  readonly remote?: boolean;
  /** How long a pull takes, in milliseconds; by default 0. */
  readonly pullMs?: number;
  /** How each pull of it fails. */
  readonly pullFails?: Extract<ErrorCode, 'image_pull_denied' | 'image_pull_timeout' | 'image_pull_failed'>;
}

/** The images of an in-memory engine, and their pulls. */
export class ImageStore {
  readonly #clock: Clock;
  readonly #known: Readonly<Record<string, InMemoryImage>> | undefined;
  readonly #pulled = new Set<string>();
  readonly #pulls = new Map<string, Promise<void>>();
  #pullCount = 0;

  /** @param known absent: every image is there. */
  constructor(clock: Clock, known: Readonly<Record<string, InMemoryImage>> | undefined) {
    this.#clock = clock;
    this.#known = known;
  }

  /** How many pulls were made in all. */
  get pullCount(): number {
    return this.#pullCount;
  }

  /** The images that were pulled and are here. */
  get pulled(): readonly string[] {
    return [...this.#pulled];
  }

  /** Someone removes an image that was pulled. */
  remove(image: string): void {
    this.#pulled.delete(image);
  }

  defaultCommand(image: string): readonly string[] {
    return this.#known?.[image]?.defaultCommand ?? [];
  }

  /** How long it takes until the image is there, in milliseconds. */
  missingMs(image: string): number {
    return this.#isHere(image) ? 0 : (this.#known?.[image]?.pullMs ?? 0);
  }

  /** @throws HodeiError `image_not_found`, `image_without_shell` */
  assertUsable(image: string, needsShell: boolean): void {
    if (!this.#isHere(image)) throw notFound(image);
    if (needsShell && this.#known?.[image]?.shell === false) {
      throw new HodeiError('image_without_shell', `image "${image}" has no /bin/sh; run it with a direct launch`);
    }
  }

  /** Pulls where the policy says so; concurrent calls share one pull. */
  async prepare(
    image: string,
    policy: PullPolicy,
    signal: AbortSignal,
    onProgress: (progress: ProvisionProgress) => void,
  ): Promise<void> {
    const here = this.#isHere(image);
    if (policy === 'never' ? here : here && policy === 'if-not-present') return;
    const known: InMemoryImage | undefined = this.#known === undefined ? {} : this.#known[image];
    if (known === undefined || policy === 'never') throw notFound(image);
    onProgress({ phase: 'pulling-image' });
    let pull = this.#pulls.get(image);
    if (pull === undefined) {
      pull = this.#pull(image, known).finally(() => this.#pulls.delete(image));
      this.#pulls.set(image, pull);
    }
    await orAborted(pull, signal);
  }

  async #pull(image: string, known: InMemoryImage): Promise<void> {
    this.#pullCount += 1;
    await this.#clock.sleep(known.pullMs ?? 0);
    if (known.pullFails !== undefined)
      throw new HodeiError(known.pullFails, `the pull of image "${image}" failed, as it was told to`);
    this.#pulled.add(image);
  }

  #isHere(image: string): boolean {
    if (this.#known === undefined || this.#pulled.has(image)) return true;
    const known = this.#known[image];
    return known !== undefined && known.remote !== true;
  }
}

const notFound = (image: string): HodeiError =>
  new HodeiError('image_not_found', `there is no image "${image}" on the in-memory engine`);
