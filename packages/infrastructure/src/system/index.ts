export { SystemClock } from './system-clock.ts';
export { SystemIds } from './system-ids.ts';
export { AesSecretSealer } from './aes-secret-sealer.ts';
export { sealingCheck } from './sealing-check.ts';
export { SEALING_KEY_BYTES, parseSealingKey, formatSealingKey } from './sealing-key.ts';
export { loadOrCreateSealingKey } from './sealing-key-file.ts';
