import type { ChangeHub, Diagnostics, Telemetry } from '@hodei/application';
import type { Clock, IdGenerator, Repositories } from '@hodei/domain';
import { startEmbeddedPostgres } from '@hodei/infrastructure/embedded-postgres';
import { openPostgresStore, type ConnectionCounts } from '@hodei/infrastructure/postgres';
import type { DependencyContainer } from 'tsyringe';

import { createContainer } from './composition-root.ts';
import { runLoop } from './run-loop.ts';
import type { Settings } from './settings/parse-settings.ts';
import { CHANGE_HUB, CLOCK, DIAGNOSTICS, IDS, REPOSITORIES, TELEMETRY } from './tokens.ts';

/** The rows of an installation, and who tells of their changes: enough to look, not to run anything. */
export interface Store extends AsyncDisposable {
  readonly settings: Settings;
  readonly repositories: Repositories;
  readonly hub: ChangeHub;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly diagnostics: Diagnostics;
  /** How busy the connections to the database are. */
  readonly connections: () => readonly ConnectionCounts[];
  /** For those who wire more on top. */
  readonly container: DependencyContainer;
}

/** What whoever opens a store may bring along. */
export interface StoreOptions {
  /** Where background work reports; absent: structured lines on stderr. */
  readonly diagnostics?: Diagnostics;
  /** Is told what happens; absent: nobody measures. */
  readonly telemetry?: Telemetry;
}

/**
 * Opens the operator's Postgres, or the embedded one, brings its schema up to date and listens for changes.
 * @throws HodeiError `config_invalid`, `database_unavailable`
 */
export async function openStore(settings: Settings, options: StoreOptions = {}): Promise<Store> {
  await using opening = new AsyncDisposableStack();
  const container = createContainer(settings);
  if (options.diagnostics !== undefined) container.register(DIAGNOSTICS, { useValue: options.diagnostics });
  if (options.telemetry !== undefined) container.register(TELEMETRY, { useValue: options.telemetry });
  const database =
    settings.databaseUrl ?? opening.use(await startEmbeddedPostgres({ dataDir: settings.dataDir })).connectionString;
  const { repositories, connections } = opening.use(await openPostgresStore({ connectionString: database }));
  container.register(REPOSITORIES, { useValue: repositories });
  const hub = container.resolve(CHANGE_HUB);
  const diagnostics = container.resolve(DIAGNOSTICS);
  opening.use(runLoop('changes', diagnostics, (signal) => hub.run(signal)));
  const open = opening.move();
  return {
    settings,
    repositories,
    hub,
    diagnostics,
    connections,
    container,
    clock: container.resolve(CLOCK),
    ids: container.resolve(IDS),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
