import { formatDuration } from '../../config/durations.js';
import type { Check, Checks, Problem } from '../check.js';
import { runsKf, type Workload } from '../deployment/workload.js';
import type { Facts } from '../facts.js';
import { stopTime } from '../stop-time.js';

const HERE = { severity: 'warning', symptom: 'deployment' } as const satisfies Partial<Check<Facts>>;

/** Whether a stop has the time it needs, and reaches the supervisor at all. */
export const STOP_CHECKS = {
  'grace-kubernetes': {
    ...HERE,
    about: 'terminationGracePeriodSeconds is shorter than drain delay, drain and flush',
    find: (facts) => tooShort(facts, 'kubernetes', (seconds) => `terminationGracePeriodSeconds: ${seconds}`),
  },
  'grace-compose': {
    ...HERE,
    about: 'stop_grace_period (10 s by itself) is shorter than drain delay, drain and flush',
    find: (facts) => tooShort(facts, 'compose', (seconds) => `stop_grace_period: ${seconds}s`),
  },
  'grace-systemd': {
    ...HERE,
    about: 'TimeoutStopSec is shorter than drain delay, drain and flush',
    find: (facts) => tooShort(facts, 'systemd', (seconds) => `TimeoutStopSec=${seconds}`),
  },
  'grace-pm2': {
    ...HERE,
    about: 'kill_timeout of pm2 (1,600 ms by itself) is shorter than drain delay, drain and flush',
    find: (facts) => tooShort(facts, 'pm2', (seconds) => `kill_timeout: ${seconds * 1000}`),
  },
  'grace-docker': {
    severity: 'information',
    symptom: 'deployment',
    about:
      'an image that runs kf-cluster: docker stop waits 10 s unless it is configured, and the drain and the flush may take longer',
    find: (facts) =>
      started(facts, 'docker').flatMap((one) => {
        const seconds = Math.ceil(stopTime(facts.loaded?.resolved.values, one).totalMs / 1000);
        if (seconds <= DOCKER_GRACE_S) return [];
        return [
          {
            what: `${one.file} runs kf-cluster, and docker stop waits ${DOCKER_GRACE_S} s by itself`,
            why: `drain delay, drain and flush may take ${seconds} s: then the last requests and spans are lost`,
            fix: `Stop it with more time, or start it with --stop-timeout ${seconds}.`,
            next: `docker stop --time ${seconds} NAME`,
          },
        ];
      }),
  },
  'kill-mode': {
    ...HERE,
    about: 'KillMode=process or none of systemd: workers outlive their supervisor, or nothing gets a signal to stop',
    find: (facts) =>
      started(facts, 'systemd')
        .filter(({ fields }) => ['process', 'none'].includes(String(fields?.killMode)))
        .map(({ file, fields }) => ({
          what: `${file} has KillMode=${String(fields?.killMode)}`,
          why: 'after TimeoutStopSec only the supervisor is killed: what is left of the service goes on',
          fix: 'KillMode=mixed: the supervisor gets the signal, and all are killed at the end.',
        })),
  },
  'stop-signal': {
    ...HERE,
    about: 'STOPSIGNAL or KillSignal is another than SIGTERM',
    find: ({ deployments }) =>
      deployments.workloads.filter(runsKf).flatMap(({ file, fields }) => {
        const signal = String(fields?.stopSignal ?? fields?.killSignal ?? 'SIGTERM').replace(/^SIG/, '');
        if (['TERM', '15', 'INT', '2'].includes(signal)) return [];
        return [
          {
            what: `${file}: the signal of a stop is ${signal}`,
            why: 'SIGTERM drains; SIGKILL and most others lose what is in flight',
            fix: 'STOPSIGNAL SIGTERM',
          },
        ];
      }),
  },
  'pid1-shell': {
    ...HERE,
    about: 'a shell or npm stands between the platform and kf-cluster and keeps SIGTERM to itself',
    find: (facts) => [
      ...facts.deployments.workloads
        .filter((one) => one.platform !== 'npm' && one.platform !== 'pm2' && (runsKf(one) || runsScript(one, facts)))
        .flatMap((one) => between(one)),
      ...ownPid1(facts),
    ],
  },
} satisfies Checks<Facts>;

/** What `docker stop` waits for by itself, in seconds. */
const DOCKER_GRACE_S = 10;

/** An image or a unit that says kf-cluster itself, and what is built from such an image. */
function started(facts: Facts, platform: Workload['platform']): Workload[] {
  const { workloads } = facts.deployments;
  const imageRuns = workloads.some((one) => one.platform === 'docker' && runsKf(one));
  return workloads.filter((one) => {
    if (one.platform !== platform) return false;
    const fromImage = one.command.length === 0 && imageRuns && (platform !== 'compose' || one.fields?.build === true);
    return runsKf(one) || fromImage;
  });
}

function tooShort(facts: Facts, platform: Workload['platform'], setting: (seconds: number) => string): Problem[] {
  return started(facts, platform).flatMap((one) => {
    const { totalMs, parts } = stopTime(facts.loaded?.resolved.values, one);
    const { file, name, graceMs, graceDefault } = one;
    if (graceMs === undefined || graceMs >= totalMs) return [];
    const shown = parts.map(([part, ms]) => `${part} ${formatDuration(ms)}`).join(', ');
    return [
      {
        what: `${file}, ${name}: a stop gets ${formatDuration(graceMs)}${graceDefault ? ', the default' : ''}`,
        why: `it may need ${formatDuration(totalMs)} (${shown}): at the end of the grace period everything is killed`,
        fix: `${setting(Math.ceil(totalMs / 1000))}, or a shorter --drain-timeout`,
      },
    ];
  });
}

function runsScript({ command }: Workload, { deployments }: Facts): boolean {
  const name = npmScript(command);
  return (
    name !== undefined &&
    deployments.workloads.some((one) => one.platform === 'npm' && one.name === `script ${name}` && runsKf(one))
  );
}

/** `npm start`, `npm run serve`, `yarn start`, `pnpm serve`. */
function npmScript([command = '', ...rest]: readonly string[]): string | undefined {
  if (!/(^|\/)(npm|yarn|pnpm)$/.test(command)) return undefined;
  const words = rest.filter((word) => !word.startsWith('-') && word !== 'run');
  return words[0];
}

function between({ command, shell, file, name, platform }: Workload): Problem[] {
  const isNpm = npmScript(command) !== undefined;
  const shellWords = command.join(' ');
  const isShell =
    (shell && !/^\s*exec\s/.test(shellWords)) ||
    (/^(\/bin\/)?(ba|da)?sh$/.test(command[0] ?? '') && !/\bexec\b/.test(shellWords));
  if (!isNpm && !isShell) return [];
  const who = isNpm ? command[0] : 'a shell';
  return [
    {
      what: `${file}${name === file ? '' : `, ${name}`}: ${who} is started, and starts kf-cluster`,
      why: isNpm
        ? 'npm passes SIGTERM on, and ends without waiting for what it started'
        : 'as the first process of a container a shell ignores SIGTERM: after the grace period everything is killed',
      fix:
        platform === 'docker'
          ? 'CMD ["node_modules/.bin/kf-cluster", "start", "app.js"]'
          : 'Start node_modules/.bin/kf-cluster itself, or with exec.',
    },
  ];
}

/** In a container, what its first process is. */
function ownPid1({ machine }: Facts): Problem[] {
  const words = (machine.isContainer ? machine.readText('/proc/1/cmdline') : undefined)?.split('\0') ?? [];
  const line = words.join(' ');
  const isNpm = /(^|\/)(npm|yarn|pnpm)(-cli\.js)?( |$)/.test(line) || /^npm /.test(line);
  const isShell = /^(\/bin\/)?(ba|da)?sh -c .*kf-cluster/.test(line) && !/\bexec\b/.test(line);
  if (!isNpm && !isShell) return [];
  return [
    {
      what: `the first process of this container is ${isNpm ? 'npm' : 'a shell'}`,
      why: 'it keeps SIGTERM to itself, or ends before kf-cluster has: the last requests and spans are lost',
      fix: 'Let the image start node_modules/.bin/kf-cluster itself.',
    },
  ];
}
