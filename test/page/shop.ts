import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, fixture, NODE, type Owner, type Running, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { freePort } from '../helpers/raw.js';

/** `kf-cluster dev` with the shop on four workers, and its page. */
export interface Shop {
  readonly dev: Running;
  readonly address: string;
  /** The process that receives and serves the page. */
  readonly helperPid: number;
  readonly url: string;
  /** The receiver's HTTP side. */
  readonly receiver: string;
  /** Of workers that are forked from now on: `broken` throws at its start, of `slow` an answer takes 40 ms. */
  release(kind: 'good' | 'broken' | 'slow'): void;
  stop(): Promise<void>;
}

/** @param flags besides those that it has */
export async function startShop(owner: Owner, flags: readonly string[] = []): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'kf-page-'));
  owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const release = join(folder, 'release');
  const port = await freePort();
  const args = ['dev', fixture('page/shop.cjs'), '-w', '4', '--name', 'shop', '--page-port', '0'];
  const more = ['--service-name', 'shop', '--hang-timeout', '12s', ...flags];
  const dev = watch(owner, NODE, [BIN, ...args, ...more], {
    env: { PORT: String(port), RELEASE: release, OTEL_METRIC_EXPORT_INTERVAL: '1000' },
  });
  const [, receiver = ''] = await dev.line(/receiver listening.*"http":"(http[^"]+)/);
  const [, address = ''] = await dev.line(/page: (http[^\s"]+)/);
  await dev.ready(4);
  return {
    dev,
    address,
    receiver,
    helperPid: helperOf(dev.pid),
    url: `http://127.0.0.1:${port}`,
    release: (kind) => writeFileSync(release, kind),
    stop: async () => {
      dev.kill('SIGTERM');
      await dev.exit;
    },
  };
}

/** The child that runs the receiver. */
function helperOf(primary: number): number {
  const list = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(primary)], { encoding: 'utf8' });
  const [, pid] = /^\s*(\d+) .*receiver(?:-process)?\.js/m.exec(list) ?? [];
  if (pid === undefined) throw new Error(`no receiver among the children of ${primary}:\n${list}`);
  return Number(pid);
}
