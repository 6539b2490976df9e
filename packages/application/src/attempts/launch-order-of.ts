import { HodeiError, type Attempt, type Job, type LaunchOrder } from '@hodei/domain';

/** The order that makes a waiting worker run the job. */
export function launchOrderOf(
  { spec }: Pick<Job, 'spec'>,
  { nonce }: Pick<Attempt, 'nonce'>,
  secrets: Readonly<Record<string, string>>,
  argv: readonly string[],
): LaunchOrder {
  return {
    nonce,
    argv,
    env: spec.env,
    secrets,
    ...(spec.workdir === undefined ? {} : { workdir: spec.workdir }),
    ...(spec.stdin === undefined ? {} : { stdin: spec.stdin }),
  };
}

/**
 * What the job runs: its own command, or what its image runs by itself.
 * @throws HodeiError `invalid_input` where there is neither.
 */
export function commandOf({ spec }: Pick<Job, 'spec'>, defaultCommand: readonly string[]): readonly string[] {
  const argv = spec.command ?? defaultCommand;
  if (argv.length > 0) return argv;
  throw new HodeiError('invalid_input', `image ${spec.image} has no command of its own; give the job one`);
}
