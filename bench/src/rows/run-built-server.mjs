// `hodei serve` as it is installed: built, without anything that reads TypeScript. Until its stdin ends.
process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGTERM'));
process.argv.push('serve');
console.log('ready');
await import(new URL('../../../apps/cli/dist/main.js', import.meta.url).href);
