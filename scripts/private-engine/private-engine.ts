import type { EngineEndpoint } from '../engine/engine-address.ts';

/** A Docker Engine that nobody else uses, so that it may be stopped, killed and paused. Disposing of it leaves nothing. */
export interface PrivateEngine extends AsyncDisposable {
  /** In the form of DOCKER_HOST. */
  readonly address: string;
  readonly socketPath: string;
  readonly endpoint: EngineEndpoint;
  /** What the daemon has said, for a person. */
  readonly logFile: string;
  /** Starts the daemon and waits until it answers; nothing to do where it runs. */
  start(): Promise<void>;
  /** Ends the daemon as its operator would (SIGTERM), and waits for its end. */
  stop(): Promise<void>;
  /** Kills the daemon, and waits until it is dead. Its containers are not asked. */
  kill(): Promise<void>;
  /** Stops the daemon where it is (SIGSTOP): it takes connections and answers nothing. */
  pause(): void;
  resume(): void;
}

/** How a private engine is made. */
export interface PrivateEngineOptions {
  /** Images that it gets from `from`. */
  readonly images: readonly string[];
  /** The engine that has the images. */
  readonly from: EngineEndpoint;
  /** Whether containers go on while the daemon is away. */
  readonly liveRestore?: boolean;
  /** All its data are on a disk of so many bytes (in memory). */
  readonly diskBytes?: number;
}
