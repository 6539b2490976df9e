import type { DockerEngine, EngineCallOptions } from '../engine/docker-engine.ts';
import { getJson } from '../engine/engine-request.ts';
import { listOf, objectOf, textOf } from '../engine/untyped.ts';

/** What an image says about itself. */
export interface ImageFacts {
  /** Like `sha256:…`; the same content always has the same id. */
  readonly id: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** Each `NAME=value`. */
  readonly env: readonly string[];
  /** Empty for root. */
  readonly user: string;
  /** Empty for `/`. */
  readonly workdir: string;
  /** As Go names it: `amd64`. */
  readonly architecture: string;
}

/** @throws HodeiError `image_not_found` */
export async function inspectImage(
  engine: DockerEngine,
  image: string,
  options: EngineCallOptions = {},
): Promise<ImageFacts> {
  const call = { doing: `inspecting image ${image}`, subject: image };
  const inspect = (docker: DockerEngine['docker'], abortSignal: AbortSignal): Promise<unknown> =>
    getJson(docker, { path: `/images/${image}/json`, query: {}, abortSignal });
  const answer = objectOf(await engine.call(call, inspect, options));
  const config = objectOf(answer['Config']);
  return {
    id: textOf(answer['Id']),
    entrypoint: listOf(config['Entrypoint']).map(String),
    cmd: listOf(config['Cmd']).map(String),
    env: listOf(config['Env']).map(String),
    user: textOf(config['User']),
    workdir: textOf(config['WorkingDir']),
    architecture: textOf(answer['Architecture']),
  };
}
