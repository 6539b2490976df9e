import { join } from 'node:path';

import { dispatchJobs } from '@hodei/application';
import { openControlPlane, parseSettings, runLoop, type ControlPlane } from '@hodei/server';

import { benchDiagnostics } from './diagnostics.ts';
import type { World } from './world.ts';

/** The composed service in this process, on a database of its own and the local engine. It takes what is pending. */
export interface DockerPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly connectionString: string;
}

/** @param options.keepsPools it keeps workers waiting for the pools that there are, as the service does. */
export async function openDockerPlane(
  world: World,
  { keepsPools = false }: { readonly keepsPools?: boolean } = {},
): Promise<DockerPlane> {
  await using opening = new AsyncDisposableStack();
  await world.docker();
  const { connectionString } = opening.use(await world.createDatabase());
  const diagnostics = benchDiagnostics((words) => world.say(words));
  const plane = opening.use(
    await openControlPlane(parseSettings(settingsFor(world, connectionString)), { diagnostics, keepsPools }),
  );
  opening.use(runLoop('dispatch', diagnostics, (signal) => dispatchJobs(plane.context, plane.runner, signal)));
  if (keepsPools) opening.use(runLoop('pools', diagnostics, (signal) => plane.keepPools(signal)));
  const open = opening.move();
  return { plane, connectionString, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** The environment of an instance on this database. */
export function settingsFor(world: World, connectionString: string): NodeJS.ProcessEnv {
  const { HODEI_URL: _, ...inherited } = process.env;
  return {
    ...inherited,
    HODEI_DATABASE_URL: connectionString,
    HODEI_DATA_DIR: join(world.folder, 'instance'),
    HODEI_DEFAULT_IMAGE: world.image,
    HODEI_LISTEN: 'off',
  };
}
