import test from 'ava';
import { kf } from '../helpers/cli.js';
import { tree } from '../helpers/tree.js';

interface Case {
  readonly what: string;
  /** The file's exported value, or its text. */
  readonly apps: unknown;
  readonly says: RegExp;
  readonly args?: readonly string[];
  readonly code?: string;
}

const app = { name: 'api', script: 'app.js' };
const CASES: readonly Case[] = [
  { what: 'no apps', apps: [], says: /holds no apps[\s\S]*expected \{ apps:/ },
  { what: 'no object', apps: ['app.js'], says: /an app that is no object/ },
  { what: 'no script', apps: [{ name: 'api' }], says: /app "api"[\s\S]*script is missing; expected the path/ },
  {
    what: 'a script that is not there',
    apps: [{ ...app, script: 'gone.js' }],
    says: /script is "gone.js": no script at/,
  },
  { what: 'two apps of one name', apps: [app, app], says: /two apps have the name "api"/ },
  {
    what: 'an unknown field',
    apps: [{ ...app, instence: 2 }],
    args: ['--strict'],
    says: /instence is no field of pm2, and is ignored; did you mean instances\?/,
  },
  { what: 'a wrong type', apps: [{ ...app, kill_timeout: 'soon' }], says: /kill_timeout is "soon"; expected a number/ },
  {
    what: 'another interpreter',
    apps: [{ ...app, interpreter: 'no-such-thing' }],
    says: /script is "app.js": there is no no-such-thing in PATH/,
  },
  {
    what: 'a field without effect',
    apps: [{ ...app, watch_options: { usePolling: true } }],
    args: ['--strict'],
    says: /watch_options is ignored: They belong to the library/,
  },
  {
    what: 'two apps that are wrong',
    apps: [
      { ...app, script: 'gone.js' },
      { ...app, name: 'web', kill_timeout: 'soon' },
    ],
    says: /2 apps are wrong[\s\S]*app "api".*script is "gone.js"[\s\S]*app "web".*kill_timeout is "soon"/,
  },
  {
    what: 'a schedule that is none',
    apps: [{ ...app, cron_restart: 'every day' }],
    says: /cron_restart in .*e\.config\.cjs, app api is "every day"/,
  },
  {
    what: 'a size that is none',
    apps: [{ ...app, max_memory_restart: 'lots' }],
    says: /max_memory_restart in .*, app api is "lots"[\s\S]*expected a size/,
  },
  {
    what: 'a size without a unit',
    apps: [{ ...app, max_memory_restart: 300 }],
    says: /max_memory_restart in .*, app api is 300[\s\S]*fix: Give it its unit: 300MB\./,
  },
  { what: 'a time below zero', apps: [{ ...app, kill_timeout: -5 }], says: /kill_timeout is -5; expected 0 or more/ },
  {
    what: 'a port that is none',
    apps: [{ ...app, port: 99_999 }],
    says: /port is 99999; expected a port from 0 to 65535/,
  },
  {
    what: 'a directory to watch that is not there, with --strict',
    apps: [{ ...app, watch: ['gone'] }],
    args: ['--strict'],
    says: /watch names gone, where nothing is: it is not watched/,
  },
  {
    what: 'an exit code that is none',
    apps: [{ ...app, stop_exit_codes: [0, 300] }],
    says: /stop_exit_codes in .*, app api is \[0,300\][\s\S]*expected exit codes from 0 to 255/,
  },
  {
    what: 'an unknown key of ours',
    apps: [{ ...app, kf: { workes: 2 } }],
    says: /kf workes: unknown key; did you mean workers\?/,
  },
  {
    what: 'a user that is not there',
    apps: [{ ...app, uid: 'nobody-here' }],
    says: /uid is "nobody-here"; no such user/,
  },
  {
    what: 'two wrong fields',
    apps: [{ ...app, name: 1, cwd: 2 }],
    says: /2 fields are wrong[\s\S]*name is 1; expected a string; cwd/,
  },
  {
    what: 'a file that throws',
    apps: 'throw new Error("boom")',
    says: /CONFIG_UNREADABLE[\s\S]*boom/,
    code: 'CONFIG_UNREADABLE',
  },
  {
    what: 'a file that does not parse',
    apps: '\nexports.apps = [',
    says: /SyntaxError: .*\n +at \/.*e\.config\.cjs:2\n/,
    code: 'CONFIG_UNREADABLE',
  },
  {
    what: 'an app nobody has',
    apps: [app],
    args: ['--only', 'apii'],
    says: /Did you mean --only api\?/,
    code: 'BAD_FLAG',
  },
  {
    what: 'an environment nobody has',
    apps: [{ ...app, env_production: {} }],
    args: ['--env', 'prodution'],
    says: /Did you mean --env production\?/,
    code: 'BAD_FLAG',
  },
  {
    what: 'a bad variable for telemetry',
    apps: [{ ...app, env: { OTEL_PROPAGATORS: 'w3c' } }],
    says: /OTEL_PROPAGATORS/,
    code: 'OTEL_INVALID',
  },
];

for (const { what, apps, says, args = [], code = 'CONFIG_INVALID' } of CASES) {
  test(`${what}: one error, nothing started`, async (t) => {
    const text = typeof apps === 'string' ? apps : `exports.apps = ${JSON.stringify(apps)}`;
    const dir = tree(t, { 'e.config.cjs': text, 'app.js': 'console.log("started")', 'package.json': '{}' });
    const ran = await kf(['start', 'e.config.cjs', ...args], dir);
    t.regex(ran.stderr, says);
    t.true(ran.stderr.startsWith(`error ${code}: `), ran.stderr);
    t.is(ran.stderr.match(/^error /gm)?.length, 1);
    t.is(ran.code, code === 'BAD_FLAG' ? 2 : 78);
    t.is(ran.stdout, '');
  });
}
