import { EXIT, KfError } from '../contract/errors.js';
import { visible } from '../contract/visible.js';
import { runChecks } from '../diagnose/check.js';
import { COLLECTOR_CHECKS } from '../diagnose/collector/collector-checks.js';
import { probeCollector } from '../diagnose/collector/collector-probe.js';
import { probeInput } from '../diagnose/doctor.js';
import { gatherFacts } from '../diagnose/facts.js';
import { smokeUrl } from '../diagnose/smoke/smoke-url.js';
import type { Invocation } from './invocation.js';
import { print } from './print.js';
import { remote } from './remote.js';

/**
 * `kf-cluster smoke [script]`: sends one span as a worker would; with `--url` a request, whose spans it follows. 0 only when the
 * collector has acknowledged them.
 */
export async function smoke(invocation: Invocation, { url, name }: Readonly<Record<string, unknown>>): Promise<number> {
  if (url !== undefined) {
    const { text, failure } = await smokeUrl(String(url), (await remote({ name })).call);
    await print(text);
    if (failure) throw failure;
    return EXIT.ok;
  }
  const facts = await gatherFacts(invocation);
  const [failure] = facts.failures;
  if (failure) throw failure;
  const input = probeInput(facts);
  if (!input) throw new KfError('BAD_CALL', 'no telemetry is sent', '--no-telemetry says so', { fix: 'Leave it out.' });
  const probed = await probeCollector(input);
  const traces = probed.signals.find(({ signal }) => signal === 'traces');
  if (!traces)
    throw new KfError('BAD_CALL', 'no spans are sent', 'OTEL_TRACES_EXPORTER or OTEL_SDK_DISABLED says so', {
      fix: 'Set OTEL_TRACES_EXPORTER=otlp.',
    });
  const { sent, target } = traces;
  if (sent?.outcome.type === 'accepted' && sent.outcome.rejected === 0) {
    const where = `service ${sent.item.service}, span ${JSON.stringify(sent.item.name)}`;
    await print(
      `${visible(`acknowledged by ${target.shown} in ${sent.ms} ms: trace ${sent.item.traceId}, ${where}`)}\n`,
    );
    return EXIT.ok;
  }
  const findings = await runChecks(COLLECTOR_CHECKS, { ...probed, signals: [traces] });
  const worst = findings.find(({ severity }) => severity === 'error');
  const why = facts.secrets.scrub(worst?.why ?? 'the collector did not answer in time');
  throw new KfError(
    'UNREACHABLE',
    facts.secrets.scrub(worst?.what ?? `${target.shown} did not acknowledge the span`),
    why,
    {
      fix: facts.secrets.scrub(worst?.fix ?? 'kf-cluster doctor says more.'),
    },
  );
}
