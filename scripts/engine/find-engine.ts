// Prints the address of the Docker Engine that answers. When none does: exit 2 where one is named, else 1.
import { findEngine, NoEngineError } from './reach-engine.ts';

try {
  const { address } = await findEngine();
  process.stdout.write(`${address}\n`);
} catch (error) {
  process.stderr.write(`hodei: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof NoEngineError && !error.named ? 1 : 2;
}
