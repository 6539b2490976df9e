import { JOB_STATES, TOKEN_SCOPES, WORKER_STATES } from '@hodei/domain';

import type { ValueKey } from './complete-words.ts';

/** What there is to choose from, by what it is called in the rows. */
export type LiveValues = 'jobs' | 'jobNames' | 'limits' | 'pools' | 'providers' | 'queues' | 'tokens' | 'workers';

/** Where the values of arguments and options come from: a list, or what there is at the moment. */
export const VALUE_SOURCES: Readonly<Record<ValueKey, LiveValues | readonly string[]>> = {
  'completion <shell>': ['bash', 'zsh', 'fish'],
  'jobs cancel <id>': 'jobs',
  'jobs get <id>': 'jobs',
  'jobs logs <id>': 'jobs',
  'jobs ls --name': 'jobNames',
  'jobs ls --state': JOB_STATES,
  'limits rm <key>': 'limits',
  'limits set <key>': 'limits',
  'pools put --network': ['none', 'bridge'],
  'pools put --provider': 'providers',
  'pools put <name>': 'pools',
  'pools rm <name>': 'pools',
  'providers disable <name>': 'providers',
  'providers enable <name>': 'providers',
  'providers get <name>': 'providers',
  'queues pause <name>': 'queues',
  'queues resume <name>': 'queues',
  'queues rm <name>': 'queues',
  'queues set <name>': 'queues',
  'run --network': ['none', 'bridge'],
  'run --queue': 'queues',
  'tokens create --scope': TOKEN_SCOPES,
  'tokens revoke <id>': 'tokens',
  'workers destroy <id>': 'workers',
  'workers drain <id>': 'workers',
  'workers get <id>': 'workers',
  'workers ls --state': WORKER_STATES,
};
