// The service as it is installed: built, without anything that reads TypeScript. Until its stdin ends.
import { parseSettings, serve } from '@hodei/server';

const over = new AbortController();
process.stdin.resume().once('end', () => over.abort());
const serving = serve(parseSettings(process.env), over.signal, { onListening: (url) => console.log(url) });
console.log('ready');
await serving;
