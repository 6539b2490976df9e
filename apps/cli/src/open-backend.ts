import { parseSettings } from '@hodei/server';

import type { Backend } from './backend.ts';
import { EmbeddedBackend } from './embedded/embedded-backend.ts';
import { createWordsDiagnostics } from './output/words-diagnostics.ts';
import type { Sink } from './output/sink.ts';
import { RemoteBackend } from './remote/remote-backend.ts';

/**
 * The backend that the environment names: a server with `HODEI_URL`, else this machine.
 * @throws HodeiError `config_invalid`
 */
export function openBackend(params: {
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: Sink;
  /** The program of this CLI. */
  readonly entry: string;
  readonly quiet: boolean;
}): Backend {
  const settings = parseSettings(params.env);
  const { url, token } = settings;
  if (url !== undefined) return new RemoteBackend({ url, ...(token === undefined ? {} : { token }) });
  const diagnostics = createWordsDiagnostics(params.stderr, params.quiet ? 'silent' : settings.logLevel);
  return new EmbeddedBackend({ settings, diagnostics, entry: params.entry });
}
