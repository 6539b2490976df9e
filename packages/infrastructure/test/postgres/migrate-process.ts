/** A process of its own that migrates the database of the URL it is given, and says which versions it applied. */
import { migrateToLatest } from '../../src/postgres/index.ts';

const [connectionString = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await migrateToLatest({ connectionString })));
