// usage: ensure-images.ts busybox|all
import { findEngine } from '../engine/reach-engine.ts';
import { ImageEnsurer } from './image-ensurer.ts';

const say = (words: string): void => void process.stderr.write(`hodei: ${words}\n`);

try {
  const { endpoint } = await findEngine();
  const ensurer = new ImageEnsurer(endpoint, say);
  await (process.argv[2] === 'all' ? ensurer.ensureAll() : ensurer.ensureBusybox());
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
