// The service in a process of its own, as `hodei serve` runs it, until its stdin ends.
import { parseSettings, serve } from '@hodei/server';

const over = new AbortController();
process.stdin.resume().once('end', () => over.abort());
const serving = serve(parseSettings(process.env), over.signal, { onListening: (url) => console.log(url) });
console.log('ready');
await serving;
