#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Before all other modules are loaded.
if (process.argv[2] === 'serve') {
  // What an idle server never needs: its heap of young objects would keep 20 MB that it grew by while it began.
  setFlagsFromString('--semi-space-growth-factor=1');
  setTimeout(() => setFlagsFromString('--semi-space-growth-factor=2'), 10_000).unref();
} else {
  // Halves the time until a command begins, for 6 MB. Where the folder can't be written, there is no cache.
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/hodei', import.meta.url)));
}

const { start } = await import('./start.ts');
await start(import.meta.filename);
