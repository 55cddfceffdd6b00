import { entriesOf } from '../contract/table-keys.js';
import type { Check } from './check.js';
import { SETUP_CHECKS } from './checks/index.js';
import { COLLECTOR_CHECKS } from './collector/collector-checks.js';
import { COLLECTOR_CONFIG_CHECKS } from './collector/collector-config.js';
import { LIVE_CHECKS } from './live/live-checks.js';
import { SYMPTOMS, type Symptom } from './symptoms.js';

/** What to do first, by symptom; the checks say the rest. */
const FIRST: Readonly<Record<Symptom, string>> = {
  'no-traces':
    'Run `kf-cluster smoke app.js`: when its span arrives, the way is good and nothing is made; when not, doctor says where it ends. `OTEL_LOG_LEVEL=debug` has the diagnostics of the SDK in the log of each worker.',
  'broken-traces':
    'Every service has to read and write the same header, and to sample as its caller did. Clocks that are apart put spans in the wrong order.',
  'lost-spans':
    'Every span is counted: `kf-cluster status`, `/metrics` and the log have ended, exported, spooled and dropped by cause. `--delivery journal` keeps them over a SIGKILL too.',
  sampling: 'doctor shows the share that is kept.',
  authentication:
    'The key is a header: `kf-api-key=...` for Kloudfuse. doctor names the headers that are sent and never their values, and where a key can be read by others.',
  'not-attached':
    'Under `kf-cluster start` nothing has to be attached: the workers have telemetry before the first line of the app. A process of its own needs `kf-cluster instrument` or `--import kf-cluster/register`.',
  'too-late': 'What is loaded by NODE_OPTIONS or at the top of a hooks file is there before its instrumentation.',
  workers:
    'Node starts a fresh process for each worker: nothing of a provider is copied. The primary has none, and a provider that is registered there is refused: [FORK_SAFETY.md](../FORK_SAFETY.md).',
  context:
    'Context follows promises and callbacks by AsyncLocalStorage. A queue of your own needs `AsyncResource.bind`, or `context.with` around the work; a message to another process carries it by `propagation.inject`.',
  'service-map':
    'A service is on the map by its SERVER spans, a database by the CLIENT spans of its instrumentation: `kf-cluster bootstrap` lists what is missing. A root span of kind INTERNAL is no entry.',
  protocol:
    'gRPC is usually at 4317, HTTP at 4318 with `/v1/traces`. doctor asks both ports by both protocols and names the pair.',
  versions: 'kf-cluster joins the copies of the api that an app has; other SDKs do not.',
  connection:
    'doctor tries the name, each address, the handshake and a request, and prints the command that shows the same from a pod.',
  cardinality:
    'A name is a template: `GET /users/:id`, never `GET /users/42`; the id is an attribute. `--exclude-urls` leaves health checks out.',
  environment: 'kf-cluster needs Node 20.19 or newer, on Linux. macOS is not tested; Windows is refused.',
  deployment:
    'A stop takes drain delay, drain and flush. The platform has to wait longer than that, and to signal the supervisor itself. `kf-cluster init docker`, `kubernetes` and `systemd` write files that do.',
  'service-name':
    'The name is what the service does, the same for all replicas; each worker has a `service.instance.id` of its own.',
  validation:
    '`kf-cluster smoke app.js` sends one span and prints its trace id; `kf-cluster doctor app.js` tries every signal; `kf-cluster report` puts all of it into one file for support.',
};

/** docs/guides/TROUBLESHOOTING.md: the symptoms of the field's guides, and what doctor says to each. */
export function troubleshootingMarkdown(): string {
  const all: [string, Check<never>][] = [SETUP_CHECKS, COLLECTOR_CHECKS, COLLECTOR_CONFIG_CHECKS, LIVE_CHECKS].flatMap(
    (table) => Object.entries(table),
  );
  const sections = entriesOf(SYMPTOMS).flatMap(([symptom, title]) => {
    const rows = all
      .filter(([, check]) => check.symptom === symptom)
      .map(([id, { about }]) => `| \`${id}\` | ${about.replaceAll('|', '\\|')} |`);
    const table = rows.length === 0 ? [] : ['| doctor says | when |', '|---|---|', ...rows, ''];
    return [`## ${title}`, '', FIRST[symptom], '', ...table];
  });
  return `${[...INTRO, ...sections].join('\n').trimEnd()}\n`;
}

const INTRO = [
  '# Troubleshooting',
  '',
  '<!-- Generated from src/diagnose by `npm run docs`. Do not edit. -->',
  '',
  "The symptoms of the field's guides, and what to do. Most of it is one command:",
  '',
  '```sh',
  'kf-cluster doctor app.js --offline',
  '```',
  '',
  'Without `--offline` the collector is asked too; `--live NAME` asks a supervisor that runs. Each finding has its fix and the next',
  'command with it; [DOCTOR.md](../DOCTOR.md) has all of them.',
  '',
];
