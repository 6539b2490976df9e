import { join } from 'node:path';
import { run } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The stage that builds has a name as well: an image without one would stay behind as a dangling one. */
const STAGE = 'hodei-test-service-build:latest';

/**
 * Builds the image of the service from the Dockerfile with the docker command, as people do, on this base image. What
 * has not changed comes from the engine's cache; what a build replaces is removed.
 * @param engine in the form of DOCKER_HOST.
 */
export const buildService = async (engine: string, base: string, image: string): Promise<void> => {
  // Debian's Docker has no other builder than the classic one, and what it can build, every one can.
  const env = { ...process.env, DOCKER_HOST: engine, DOCKER_BUILDKIT: '0' };
  const docker = (...args: readonly string[]): Promise<string> => run('docker', args, { cwd: ROOT, env });
  const idOf = async (name: string): Promise<string> => (await docker('images', '--quiet', '--no-trunc', name)).trim();
  const build = async (name: string, ...more: readonly string[]): Promise<string> => {
    const replaced = await idOf(name);
    // The registry is what this environment says, if it says one.
    const args = ['--build-arg', `BASE=${base}`, '--build-arg', 'NPM_CONFIG_REGISTRY'];
    await docker('build', '--force-rm', ...args, '--tag', name, ...more, '.');
    return replaced === '' || replaced === (await idOf(name)) ? '' : replaced;
  };
  const replaced = [await build(STAGE, '--target', 'build'), await build(image)];
  for (const id of replaced.filter((each) => each !== '')) {
    // Refused while another checkout's container runs of it, whose next build removes it.
    await docker('image', 'rm', id).catch(() => undefined);
  }
};
