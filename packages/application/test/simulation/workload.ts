import type { JobInput, TerminationCause } from '@hodei/domain';
import type { InMemoryImage, Programs } from '@hodei/testkit/in-memory';

import type { Random } from './random.ts';

/** How a job ends where nothing goes wrong; `undefined`: never, somebody has to cancel it. */
export interface NaturalEnd {
  readonly cause: TerminationCause;
  readonly exitCode?: number;
}

/** One job to submit, and what must become of it. */
export interface PlannedJob {
  readonly kind: string;
  readonly input: JobInput;
  readonly end: NaturalEnd | undefined;
  /** What its worker may write of this must be masked wherever it is stored. */
  readonly secret?: string;
}

export const IMAGES: Readonly<Record<string, InMemoryImage>> = {
  plain: {},
  tiny: { shell: false },
  far: { remote: true, pullMs: 700 },
  secret: { remote: true, pullFails: 'image_pull_denied' },
};

/** `perform EXITCODE STEP...`: `out:TEXT`, `err:TEXT`, `key:` (the secret), `sleep:MS`. */
export const PROGRAMS: Programs = {
  perform: async (context) => {
    for (const step of context.argv.slice(2)) {
      const [verb = '', ...rest] = step.split(':');
      const text = rest.join(':');
      if (verb === 'out') context.write('stdout', text);
      else if (verb === 'err') context.write('stderr', text);
      else if (verb === 'key') context.write('stdout', context.env['KEY'] ?? '?');
      else await context.sleep(Number(text));
    }
    return Number(context.argv[1]);
  },
};

const exited = (exitCode: number): NaturalEnd => ({ cause: 'exited', exitCode });

type Maker = (random: Random) => Omit<PlannedJob, 'kind'>;

const MAKERS: Readonly<Record<string, Maker>> = {
  success: () => ({ input: { command: ['echo', 'hello', 'world'] }, end: exited(0) }),
  failure: (random) => ({
    input: { command: ['print', 'stderr', 'oops', '7'], retry: { maxAttempts: random.int(1, 3), backoffMs: 200 } },
    end: exited(7),
  }),
  output: (random) => talk(random, exited(random.pick([0, 0, 3]))),
  talkative: (random) => talk(random, exited(random.pick([0, 0, 3]))),
  sleep: (random) => ({ input: { command: ['sleep', String(random.int(100, 9000))] }, end: exited(0) }),
  memory: (random) => ({
    input: { command: ['oom'], retry: { maxAttempts: random.int(1, 2), backoffMs: 100 } },
    end: { cause: 'oom_killed', exitCode: 137 },
  }),
  deaf: (random) => ({
    input: { command: ['ignore-term'], timeoutMs: random.int(300, 3000) },
    end: { cause: 'timed_out', exitCode: 137 },
  }),
  polite: (random) => ({
    input: {
      command: ['notice-term'],
      timeoutMs: random.int(300, 6000),
      retry: { maxAttempts: random.int(1, 2), backoffMs: 100 },
    },
    end: { cause: 'timed_out', exitCode: 3 },
  }),
  endless: (random) => ({ input: { command: [random.pick(['wait', 'ignore-term'])] }, end: undefined }),
  stdin: () => ({ input: { command: ['cat'], stdin: 'from stdin' }, end: exited(0) }),
  missing: () => ({
    input: { command: ['true'], image: 'nowhere', retry: { maxAttempts: 3 } },
    end: { cause: 'image_not_found' },
  }),
  denied: () => ({ input: { command: ['true'], image: 'secret' }, end: { cause: 'image_pull_denied' } }),
  pulled: () => ({ input: { command: ['echo', 'far'], image: 'far' }, end: exited(0) }),
  unknown: () => ({
    input: { command: ['no-such-program'], retry: { maxAttempts: 2 } },
    end: { cause: 'command_not_found', exitCode: 127 },
  }),
  direct: (random) => ({
    input: { command: ['perform', '0', 'out:di', `sleep:${random.int(10, 2000)}`, 'out:rect'], image: 'tiny' },
    end: exited(0),
  }),
  refused: () => ({
    input: { command: ['true'], image: 'tiny', secrets: { KEY: 'abc' } },
    end: { cause: 'start_failed' },
  }),
};

export function planJob(random: Random): PlannedJob {
  const kind = random.pick(Object.keys(MAKERS));
  const made = MAKERS[kind]?.(random);
  if (made === undefined) throw new RangeError(`there is no kind ${kind}`);
  return { kind, ...made };
}

/** Writes on both streams, in pieces, its secret among them, cut where it must not be seen. */
function talk(random: Random, end: NaturalEnd): Omit<PlannedJob, 'kind'> {
  const secret = random.pick(['s3cret', 'aaab', 'line-one\nline-two']);
  const steps = Array.from({ length: random.int(2, 8) }, () => {
    const cut = random.int(1, secret.length - 1);
    return random.pick([
      [`out:${random.pick(['one ', 'two ', 'aa', 'a line\n'])}`],
      ['err:some trouble\n'],
      ['key:'],
      [`out:${secret.slice(0, cut)}`, `sleep:${random.int(1, 800)}`, `out:${secret.slice(cut)}`],
      [`sleep:${random.int(1, 2500)}`],
    ]);
  });
  return {
    input: {
      command: ['perform', String(end.exitCode), ...steps.flat()],
      secrets: { KEY: secret },
      env: { PLAIN: 'x' },
    },
    end,
    secret,
  };
}
