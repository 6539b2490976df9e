import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type EngineEndpoint, parseEngineAddress } from '../engine/engine-address.ts';
import { callEngine, requestEngine } from '../engine/engine-request.ts';
import { readProgress } from '../images/read-progress.ts';
import type { PrivateEngine, PrivateEngineOptions } from './private-engine.ts';
import { processesNaming, within } from './processes.ts';
import { removeRemains } from './remove-remains.ts';
import { whyNoPrivateEngine } from './why-no-private-engine.ts';

const START_MS = 60_000;
const END_MS = 60_000;

/**
 * Starts a Docker Engine of one's own, as root on Linux. All it has is in one folder, and it runs in a network
 * namespace of its own: a second daemon in the same one would delete the bridge of the first. Its workers have the
 * network `none`.
 */
export const startPrivateEngine = async (options: PrivateEngineOptions): Promise<PrivateEngine> => {
  const reason = whyNoPrivateEngine();
  if (reason !== undefined) throw new Error(`no Docker Engine of one's own can be started here: ${reason}`);
  const folder = await mkdtemp(join(tmpdir(), 'hodei-engine-'));
  const engine = new PrivateDockerd(folder, options.liveRestore === true);
  try {
    await engine.prepare(options.diskBytes);
    await engine.start();
    for (const image of options.images) await copyImage(options.from, engine.endpoint, image);
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
};

class PrivateDockerd implements PrivateEngine {
  readonly address: string;
  readonly socketPath: string;
  readonly endpoint: EngineEndpoint;
  readonly logFile: string;
  readonly #folder: string;
  readonly #cgroup: string;
  readonly #liveRestore: boolean;
  #daemon: ChildProcess | undefined;

  constructor(folder: string, liveRestore: boolean) {
    this.#folder = folder;
    this.#cgroup = basename(folder);
    this.#liveRestore = liveRestore;
    this.socketPath = join(folder, 'docker.sock');
    this.address = `unix://${this.socketPath}`;
    this.endpoint = parseEngineAddress(this.address, {});
    this.logFile = join(folder, 'dockerd.log');
  }

  async prepare(diskBytes: number | undefined): Promise<void> {
    await mkdir(this.#path('data'));
    // Not the machine's: its settings are for the machine's own daemon.
    await writeFile(this.#path('daemon.json'), '{}');
    if (diskBytes === undefined) return;
    const { status, stderr } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', this.#path('data')],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`no disk of ${diskBytes} bytes can be mounted: ${stderr}`);
  }

  async start(): Promise<void> {
    if (this.#daemon !== undefined) return;
    await this.#forgetStalePids();
    const log = await open(this.logFile, 'a');
    const daemon = spawn('unshare', ['--net', '--', 'dockerd', ...this.#arguments()], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    });
    await log.close();
    this.#daemon = daemon;
    daemon.once('exit', () => {
      if (this.#daemon === daemon) this.#daemon = undefined;
    });
    const answers = async (): Promise<boolean> => {
      if (this.#daemon === undefined) throw new Error(`the private engine did not start:\n${await this.#lastWords()}`);
      return callEngine(this.endpoint, '/_ping', { idleTimeoutMs: 2_000 }).then(
        () => true,
        () => false,
      );
    };
    if (!(await within(START_MS, answers)))
      throw new Error(`the private engine does not answer:\n${await this.#lastWords()}`);
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
    // The kernel kills its containerd with it; a daemon that starts before that one is gone takes it for alive.
    const socket = this.#path('exec/containerd/containerd.toml');
    if (!(await within(END_MS, async () => (await processesNaming(socket)).length === 0)))
      throw new Error('the containerd of the private engine has outlived it');
  }

  pause(): void {
    this.#daemon?.kill('SIGSTOP');
  }

  resume(): void {
    this.#daemon?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== undefined) {
      this.resume();
      // Containers that the engine removes itself leave the least behind.
      await this.#removeContainers().catch(() => undefined);
      await this.stop().catch(() => undefined);
    }
    await removeRemains(this.#folder, this.#cgroup);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    const ended = once(daemon, 'exit', { signal: AbortSignal.timeout(END_MS) });
    daemon.kill(signal);
    await ended;
  }

  async #removeContainers(): Promise<void> {
    const rows = JSON.parse(await callEngine(this.endpoint, '/containers/json?all=1')) as { readonly Id: string }[];
    await Promise.all(
      rows.map(({ Id }) => callEngine(this.endpoint, `/containers/${Id}?force=1&v=1`, { method: 'DELETE' })),
    );
  }

  /** What the process of a pid file was may be another now, and dockerd takes any for itself. */
  async #forgetStalePids(): Promise<void> {
    await rm(this.#path('docker.pid'), { force: true });
    const containerd = this.#path('exec/containerd/containerd.pid');
    const pid = Number(await readFile(containerd, 'utf8').catch(() => '0'));
    if (!(await processesNaming(this.#folder)).includes(pid)) await rm(containerd, { force: true });
  }

  #arguments(): readonly string[] {
    const options: Readonly<Record<string, string>> = {
      'data-root': this.#path('data'),
      'exec-root': this.#path('exec'),
      pidfile: this.#path('docker.pid'),
      'config-file': this.#path('daemon.json'),
      host: this.address,
      bridge: 'none',
      iptables: 'false',
      'ip-forward': 'false',
      'ip-masq': 'false',
      'exec-opt': 'native.cgroupdriver=cgroupfs',
      'cgroup-parent': `/${this.#cgroup}`,
      'live-restore': String(this.#liveRestore),
    };
    return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async #lastWords(): Promise<string> {
    return (await readFile(this.logFile, 'utf8').catch(() => '')).split('\n').slice(-20).join('\n');
  }
}

const copyImage = async (from: EngineEndpoint, to: EngineEndpoint, image: string): Promise<void> => {
  const saved = await requestEngine(from, `/images/${encodeURIComponent(image)}/get`);
  if (saved.statusCode !== 200) throw new Error(`the image ${image} can't be had: HTTP ${saved.statusCode}`);
  const loaded = await requestEngine(to, '/images/load?quiet=1', {
    method: 'POST',
    body: saved,
    contentType: 'application/x-tar',
  });
  await readProgress(loaded);
};
