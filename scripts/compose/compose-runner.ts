import { setTimeout as delay } from 'node:timers/promises';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { callEngine } from '../engine/engine-request.ts';
import { containerOf, secondsOf, type ComposeProject } from './container-of.ts';
import type { ComposeFile, ComposeService } from './read-compose.ts';

/** A container of a service. */
export interface ServiceContainer {
  readonly id: string;
  /** Where it is reached from this machine. */
  readonly url: string;
  /** As `docker compose stop` does: SIGTERM, and SIGKILL after the grace period. @returns its exit code. */
  stop(): Promise<number>;
  logs(): Promise<string>;
}

const HEALTHY_MS = 60_000;

/** What `docker compose` does with a project, for machines that have only the engine. */
export class ComposeRunner implements AsyncDisposable {
  readonly #engine: EngineEndpoint;
  readonly #file: ComposeFile;
  readonly #project: ComposeProject;
  readonly #containers: string[] = [];
  readonly #healthy = new Set<string>();

  private constructor(engine: EngineEndpoint, file: ComposeFile, project: ComposeProject) {
    this.#engine = engine;
    this.#file = file;
    this.#project = project;
  }

  /** Makes the network and the volumes. */
  static async open(engine: EngineEndpoint, file: ComposeFile, project: ComposeProject): Promise<ComposeRunner> {
    const runner = new ComposeRunner(engine, file, project);
    const { name, labels } = project;
    await runner.#post('/networks/create', { Name: name, CheckDuplicate: true, Labels: labels });
    for (const volume of Object.keys(file.volumes))
      await runner.#post('/volumes/create', { Name: `${name}_${volume}`, Labels: labels });
    return runner;
  }

  /** Starts one more container of a service, after what it depends on, and waits until it is healthy. */
  async up(name: string): Promise<ServiceContainer> {
    const service = this.#service(name);
    await this.#upDependencies(service);
    const id = await this.#start(name, service, {});
    await this.#untilHealthy(id);
    const { NetworkSettings: network } = await this.#get<{
      readonly NetworkSettings: {
        readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
      };
    }>(`/containers/${id}/json`);
    const [port] = Object.values(network.Ports).flatMap((bindings) => bindings ?? []);
    return {
      id,
      url: `http://127.0.0.1:${port?.HostPort ?? ''}`,
      logs: () => this.#logs(id),
      stop: async () => {
        const graceS = secondsOf(service.stop_grace_period ?? '10s');
        const idleTimeoutMs = (graceS + 10) * 1000;
        await callEngine(this.#engine, `/containers/${id}/stop?t=${graceS}`, { method: 'POST', idleTimeoutMs });
        return await this.#exitCode(id);
      },
    };
  }

  /** `docker compose run --rm SERVICE COMMAND...`. @returns its stdout. @throws Error where it does not exit with 0. */
  async run(name: string, command: readonly string[]): Promise<string> {
    const service = this.#service(name);
    await this.#upDependencies(service);
    // It publishes no ports, and nothing asks after its health.
    const { ports: _, healthcheck: __, restart: ___, ...once } = service;
    const id = await this.#start(name, once, { Cmd: command, Tty: true });
    await callEngine(this.#engine, `/containers/${id}/wait`, { method: 'POST', idleTimeoutMs: HEALTHY_MS });
    const [code, output] = [await this.#exitCode(id), await this.#logs(id)];
    if (code !== 0) throw new Error(`${command.join(' ')} exited with ${code}: ${output}`);
    return output;
  }

  /** `docker compose down --volumes`. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { name } = this.#project;
    const remove = (path: string): Promise<string> => callEngine(this.#engine, path, { method: 'DELETE' });
    for (const id of this.#containers) await remove(`/containers/${id}?force=1&v=1`);
    for (const volume of Object.keys(this.#file.volumes)) await remove(`/volumes/${name}_${volume}`);
    await remove(`/networks/${name}`);
  }

  #service(name: string): ComposeService {
    const service = this.#file.services[name];
    if (service === undefined) throw new Error(`the file has no service ${name}`);
    return service;
  }

  async #upDependencies({ depends_on: dependencies = {} }: ComposeService): Promise<void> {
    for (const [name, { condition }] of Object.entries(dependencies)) {
      if (condition !== 'service_healthy') throw new Error(`the condition ${condition} is not known here`);
      if (this.#healthy.has(name)) continue;
      this.#healthy.add(name);
      await this.up(name);
    }
  }

  async #start(name: string, service: ComposeService, more: object): Promise<string> {
    const body = { ...containerOf(name, service, this.#project), ...more };
    const { Id: id } = await this.#post<{ readonly Id: string }>('/containers/create', body);
    this.#containers.push(id);
    await callEngine(this.#engine, `/containers/${id}/start`, { method: 'POST' });
    return id;
  }

  async #untilHealthy(id: string): Promise<void> {
    const deadline = Date.now() + HEALTHY_MS;
    for (;;) {
      const { State: state } = await this.#get<{
        readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
      }>(`/containers/${id}/json`);
      if (state.Health?.Status === 'healthy') return;
      if (state.Status !== 'running' || Date.now() > deadline)
        throw new Error(`it is ${state.Status}, ${state.Health?.Status ?? 'unchecked'}: ${await this.#logs(id)}`);
      await delay(100);
    }
  }

  async #exitCode(id: string): Promise<number> {
    return (await this.#get<{ readonly State: { readonly ExitCode: number } }>(`/containers/${id}/json`)).State
      .ExitCode;
  }

  #logs(id: string): Promise<string> {
    return callEngine(this.#engine, `/containers/${id}/logs?stdout=1&stderr=1`);
  }

  async #get<T>(path: string): Promise<T> {
    return JSON.parse(await callEngine(this.#engine, path)) as T;
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const options = { method: 'POST', body: JSON.stringify(body), contentType: 'application/json' } as const;
    return JSON.parse(await callEngine(this.#engine, path, options)) as T;
  }
}
