// usage: ensure-images.ts busybox|all. Leaves present images alone, pulls what can be pulled, builds the rest.
import { findEngine } from '../engine/reach-engine.ts';
import { buildBusybox } from './build-busybox.ts';
import { buildEntrypoint } from './build-entrypoint.ts';
import { buildNoShell } from './build-no-shell.ts';
import { buildPostgres } from './build-postgres.ts';
import { imageIsPresent } from './image-store.ts';
import { images } from './names.ts';
import { pullImage } from './pull-image.ts';

const say = (words: string): void => void process.stderr.write(`hodei: ${words}\n`);

const { endpoint } = await findEngine();
/** After one pull that failed the next is not tried: without a registry each attempt may cost its whole deadline. */
let registryFails = false;

const pull = async (image: string): Promise<boolean> => {
  if (registryFails) {
    return false;
  }
  say(`pulling ${image}`);
  try {
    await pullImage(endpoint, image);
    return true;
  } catch (error) {
    registryFails = true;
    say(`could not pull it (${error instanceof Error ? error.message : String(error)})`);
    return false;
  }
};

const build = async (image: string, make: () => Promise<void>): Promise<void> => {
  if (!(await imageIsPresent(endpoint, image))) {
    say(`building ${image}`);
    await make();
  }
};

const ensureBusybox = async (): Promise<void> => {
  const { busybox } = images;
  if (!(await imageIsPresent(endpoint, busybox)) && !(await pull(busybox))) {
    await build(busybox, () => buildBusybox(endpoint, busybox));
  }
};

const ensurePostgres = async (): Promise<void> => {
  const { official, local } = images.postgres;
  const present = (await imageIsPresent(endpoint, official)) || (await imageIsPresent(endpoint, local));
  if (!present && !(await pull(official))) {
    await build(local, () => buildPostgres(endpoint, images.busybox, local));
  }
};

const ensureAll = async (): Promise<void> => {
  await build(images.noShell, () => buildNoShell(endpoint, images.busybox, images.noShell));
  await build(images.entrypoint, () => buildEntrypoint(endpoint, images.busybox, images.entrypoint));
  await ensurePostgres();
};

try {
  await ensureBusybox();
  if (process.argv[2] === 'all') {
    await ensureAll();
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
