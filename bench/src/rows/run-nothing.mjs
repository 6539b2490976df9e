// What Node itself needs, until its stdin ends.
process.stdin.resume();
console.log('ready');
