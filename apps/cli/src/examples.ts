import type { Command } from 'commander';

/** Command lines to copy, by the command they are of. Each is parsed by a test. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'jobs ls': ['hodei jobs ls --state running --state pending', 'hodei jobs ls --label team=web --limit 200 --json'],
  'jobs get': ['hodei jobs get ID', 'hodei jobs get ID --json | jq .waitingFor'],
  'jobs logs': ['hodei jobs logs -f ID', 'hodei jobs logs --stderr --tail 50 ID', 'hodei jobs logs --since 10m ID'],
  'jobs cancel': ['hodei jobs cancel ID', 'hodei jobs ls --state pending --quiet | xargs hodei jobs cancel'],
  'jobs submit': ['hodei jobs submit jobs.ndjson', "jq -c '.[]' jobs.json | hodei jobs submit -"],
  'workers ls': ['hodei workers ls', 'hodei workers ls --all --state terminated --limit 20'],
  'workers get': ['hodei workers get ID'],
  'workers drain': ['hodei workers drain ID'],
  'workers destroy': ['hodei workers destroy ID'],
  'pools ls': ['hodei pools ls'],
  'pools put': [
    'hodei pools put small --image busybox --min 4',
    'hodei pools put node --image node:24 --memory 512m --min 1 --max 20 --auto',
  ],
  'pools rm': ['hodei pools rm small'],
  'providers ls': ['hodei providers ls'],
  'providers get': ['hodei providers get docker'],
  'providers enable': ['hodei providers enable docker'],
  'providers disable': ['hodei providers disable docker'],
  'providers set': ['hodei providers set docker --max-workers 20 --overcommit-cpu 2'],
  'queues ls': ['hodei queues ls'],
  'queues set': [
    'hodei queues set nightly --max-in-flight 4',
    'hodei queues set nightly --no-max-in-flight --weight 2',
  ],
  'queues pause': ['hodei queues pause nightly'],
  'queues resume': ['hodei queues resume nightly'],
  'queues rm': ['hodei queues rm nightly'],
  'limits ls': ['hodei limits ls'],
  'limits set': ['hodei limits set deploy-web 1', "hodei limits set '*' 50"],
  'limits rm': ['hodei limits rm deploy-web'],
  'tokens create': [
    'hodei tokens create --scope admin ops',
    'hodei tokens create --scope submit --tenant red --expires 90d red-ci',
  ],
  'tokens ls': ['hodei tokens ls'],
  'tokens revoke': ['hodei tokens revoke ID'],
  top: ['hodei top', 'hodei top --once --json'],
  serve: ['hodei serve', 'HODEI_LISTEN=0.0.0.0:7433 HODEI_LOG_LEVEL=info hodei serve'],
  config: ['hodei config', 'hodei config --json'],
  doctor: ['hodei doctor', 'HODEI_URL=https://hodei.example.org hodei doctor'],
};

/** Adds to the help of each command what {@link EXAMPLES} has for it. */
export function addExamples(command: Command, path: readonly string[] = []): void {
  const examples = EXAMPLES[path.join(' ')];
  if (examples !== undefined) {
    const lines = examples.map((example) => `  $ ${example}`);
    command.addHelpText('after', ['\nExamples:', ...lines].join('\n'));
  }
  for (const child of command.commands) addExamples(child, [...path, child.name()]);
}
