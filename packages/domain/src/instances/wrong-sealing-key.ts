import { HodeiError } from '../errors.ts';

/** Of an instance whose sealing key is not the installation's. */
export const wrongSealingKey = (): HodeiError =>
  new HodeiError(
    'config_invalid',
    'the sealing key of this process is not the one of this database: other instances use another one, or secrets are sealed with it. ' +
      'Give it the key that they have (HODEI_SEALING_KEY, or sealing.key in HODEI_DATA_DIR)',
  );
