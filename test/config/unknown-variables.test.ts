import test from 'ava';
import { unknownVariables } from '../../src/config/unknown-variables.js';

const notes = (...names: string[]) => unknownVariables(Object.fromEntries(names.map((name) => [name, 'x'])));

test('an unknown variable of ours is noted, with the nearest one where there is one', (t) => {
  t.deepEqual(notes('KF_CLUSTER_WORKES'), ['KF_CLUSTER_WORKES is no option: did you mean KF_CLUSTER_WORKERS?']);
  t.deepEqual(notes('KF_CLUSTER_DRAIN_TIMEOT'), [
    'KF_CLUSTER_DRAIN_TIMEOT is no option: did you mean KF_CLUSTER_DRAIN_TIMEOUT?',
  ]);
  t.deepEqual(notes('KF_CLUSTER_COLOUR_OF_BANANAS'), ['KF_CLUSTER_COLOUR_OF_BANANAS is no option and does nothing']);
});

test('no note of what is known, of others, and of what Kubernetes sets for a service of our name', (t) => {
  t.deepEqual(notes('KF_CLUSTER_WORKERS', 'KF_CLUSTER_BOOT', 'KF_WORKES', 'OTEL_WORKES', 'WEB_CONCURRENCY'), []);
  t.deepEqual(notes('KF_CLUSTER_PORT', 'KF_CLUSTER_SERVICE_HOST', 'KF_CLUSTER_PORT_80_TCP_ADDR'), []);
});

test('where it stands is said', (t) => {
  t.deepEqual(unknownVariables({ KF_CLUSTER_WORKES: '4' }, ' in .env'), [
    'KF_CLUSTER_WORKES in .env is no option: did you mean KF_CLUSTER_WORKERS?',
  ]);
});
