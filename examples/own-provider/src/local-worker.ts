import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { LAUNCHER_SCRIPT, type EpochMs, type WorkerExit, type WorkerSpec } from '@hodei/domain';

/** One worker: a shell that waits for its order on a pipe, as the leader of a process group of its own. */
export class LocalWorker {
  readonly spec: WorkerSpec;
  readonly createdAt: EpochMs = Date.now();
  /** Resolves when it has ended, with all that it started. */
  readonly ended: Promise<WorkerExit>;
  readonly spawned: Promise<unknown>;
  /** The provider object that holds its stdin. */
  readonly holder: object;
  exit: WorkerExit | undefined;
  ordered = false;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(spec: WorkerSpec, holder: object) {
    this.spec = spec;
    this.holder = holder;
    // Nothing of our own environment, where secrets may be, reaches the job.
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
    this.#child = spawn('/bin/sh', ['-c', LAUNCHER_SCRIPT], {
      cwd: '/',
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A job may end before it has read its stdin; how it ended is what counts.
    this.#child.stdin.on('error', () => undefined);
    this.spawned = once(this.#child, 'spawn');
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        // What it left behind goes with it, as in a container.
        this.signal('SIGKILL');
        this.exit = {
          exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
          ...(signal === null ? {} : { signal }),
          oomKilled: false,
          exitedAt: Date.now(),
        };
        resolve(this.exit);
      });
    });
  }

  get resourceId(): string {
    return String(this.#child.pid);
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  get stderr(): Readable {
    return this.#child.stderr;
  }

  /** The last that it is sent on stdin; without an order before, this ends it with 125. */
  closeStdin(last: string | Uint8Array = ''): void {
    this.#child.stdin.end(last);
  }

  write(line: string): void {
    this.#child.stdin.write(line);
  }

  /** Signals it and all that it started. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, name);
    } catch (error) {
      // ESRCH: they have all ended, which is what was wanted.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
