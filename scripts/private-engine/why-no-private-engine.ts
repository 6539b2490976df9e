import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const OPT_OUT = 'HODEI_TEST_NO_PRIVATE_ENGINE';

/** Why no private engine can run here; nothing where one can. */
export const whyNoPrivateEngine = (): string | undefined => {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root, for a network namespace and mounts of its own';
  const missing = ['dockerd', 'unshare'].filter((program) => !isOnPath(program));
  return missing.length === 0 ? undefined : `there is no ${missing.join(' and no ')} here`;
};

/**
 * Whether tests that need a private engine are left out. Only where one can't run, and only where somebody said so:
 * nothing passes by being skipped in silence.
 *
 * @throws Error where none can run and nobody said that this is fine.
 */
export const privateEngineIsLeftOut = (what: string): boolean => {
  const reason = whyNoPrivateEngine();
  if (reason === undefined) return false;
  if (process.env[OPT_OUT] === '1') {
    process.stderr.write(`NOT RUN, as ${OPT_OUT}=1 allows: ${what} (a private Docker Engine: ${reason})\n`);
    return true;
  }
  throw new Error(
    `${what} needs a Docker Engine of its own, to kill and pause: ${reason}. ` +
      `Run it as root on Linux with docker.io installed, or set ${OPT_OUT}=1 to leave it out.`,
  );
};

const isOnPath = (program: string): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
