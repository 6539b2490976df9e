import { readFileSync } from 'node:fs';

import { HodeiError } from '@hodei/domain';

import { SECRET_SETTINGS } from './setting-docs.ts';

/**
 * The environment, with the content of the files that `<NAME>_FILE` names in place of the secrets themselves: that is
 * how Docker, Kubernetes and systemd hand secrets over, and `docker inspect` does not show them then. White space at
 * the end of a file does not count.
 * @throws HodeiError `config_invalid` where a file can't be read or is empty, or the variable is set as well.
 */
export function readSecretFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const read: NodeJS.ProcessEnv = {};
  for (const name of SECRET_SETTINGS) {
    const path = env[`${name}_FILE`] ?? '';
    if (path === '') continue;
    if ((env[name] ?? '') !== '')
      throw new HodeiError('config_invalid', `${name} and ${name}_FILE are both set; set one of them`);
    read[name] = readSecret(`${name}_FILE`, path);
  }
  return { ...env, ...read };
}

function readSecret(variable: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it failed';
    throw new HodeiError('config_invalid', `${variable} must be a file that can be read (${reason}: ${path})`, {
      cause: error,
    });
  }
  if (text === '') throw new HodeiError('config_invalid', `${variable} must be a file with something in it (${path})`);
  return text;
}
