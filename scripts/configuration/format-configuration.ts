import type { SettingDoc } from '../../apps/server/src/index.ts';

const SECTIONS = [
  ['client', 'Commands that work with a server'],
  ['installation', 'Whatever opens the database', 'The server, and every command without `HODEI_URL`.'],
  ['service', '`hodei serve`'],
] as const satisfies readonly (readonly [audience: SettingDoc['audience'], title: string, words?: string])[];

const HEAD = `# Configuration

<!-- Written by "pnpm configuration"; "npm run check" fails where it is not what the schema says. -->

Everything is set by environment variables. One that is empty counts as not set. All are checked at once when a process
begins: a wrong one ends it with exit code 125 and a message that names each wrong variable and what is allowed, and no
value. \`hodei config\` shows what holds where it is called.

**Secrets from files.** Those marked with * can be read from a file instead, as Docker, Kubernetes and systemd hand
secrets over: \`HODEI_SEALING_KEY_FILE=/run/secrets/sealing_key\`. White space at the end of the file does not count.
Setting both is refused. \`hodei config\` shows of a secret only that it is set.
`;

const TAIL = `## Docker

| variable | meaning |
|---|---|
| \`DOCKER_HOST\`, \`DOCKER_CONTEXT\`, \`DOCKER_CONFIG\`, \`DOCKER_TLS_VERIFY\`, \`DOCKER_CERT_PATH\` | where the engine of the provider \`docker\` is, as Docker's own client reads them; each further provider names its engine in its settings ([operating](guides/operating.md#several-docker-hosts)) |

## OpenTelemetry

Read by \`hodei serve\` alone, as OpenTelemetry lays them down ([observability](observability.md#traces)). Without an
endpoint there are no traces, and nothing of OpenTelemetry is loaded.

| variable | meaning |
|---|---|
| \`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\` | where spans are sent, like \`http://collector:4318\`; of the second, the whole URL |
| \`OTEL_EXPORTER_OTLP_PROTOCOL\`, \`OTEL_EXPORTER_OTLP_TRACES_PROTOCOL\` | \`http/protobuf\` (the default) or \`http/json\` |
| \`OTEL_EXPORTER_OTLP_HEADERS\`, \`..._TIMEOUT\`, \`..._COMPRESSION\`, \`..._CERTIFICATE\` and their \`..._TRACES_...\` | what the exporter of the library takes |
| \`OTEL_TRACES_SAMPLER\`, \`OTEL_TRACES_SAMPLER_ARG\` | which traces are recorded: \`always_on\`, \`always_off\`, \`traceidratio\`, or these with \`parentbased_\` before; \`parentbased_always_on\` is the default |
| \`OTEL_SERVICE_NAME\`, \`OTEL_RESOURCE_ATTRIBUTES\` | how this service is called there; \`hodei\` is the default |
| \`OTEL_SDK_DISABLED\`, \`OTEL_TRACES_EXPORTER\` | \`true\`, and \`none\`: no traces whatever the rest says |

## Set by Hodei itself

| variable | meaning |
|---|---|
| \`HODEI_WORKER_TOKEN\` | in a job that was submitted with \`selfReport\`: what it reports its heartbeat with ([HTTP](http-api.md)) |
`;

/** The configuration reference, docs/configuration.md. */
export function formatConfiguration(docs: readonly SettingDoc[]): string {
  const sections = SECTIONS.map(([audience, title, words]) => {
    const rows = docs.filter((doc) => doc.audience === audience).map(formatRow);
    return [
      `## ${title}`,
      '',
      ...(words === undefined ? [] : [words, '']),
      '| variable | meaning | must be | default |',
      '|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return [HEAD, ...sections, TAIL].join('\n');
}

const formatRow = (doc: SettingDoc): string =>
  `| \`${doc.name}\`${doc.isSecret === true ? ' *' : ''} | ${doc.meaning} | ${doc.allowed} | ${defaultOf(doc)} |`;

function defaultOf({ default: value, absent }: SettingDoc): string {
  if (value !== undefined) return `\`${value}\``;
  return absent === undefined ? 'not set' : `not set: ${absent}`;
}
