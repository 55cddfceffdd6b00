import { copyFileSync, cpSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../helpers/cluster.js';
import { root } from '../helpers/run-node.js';

/** Releases of an app as a deployment tool keeps them, with a symlink to the newest. The first one brings its kf-cluster. */
export interface Releases {
  /** The symlink. */
  readonly current: string;
  /** The executable of the first release. */
  readonly bin: string;
  /** Adds one. */
  deploy(): void;
  /** Removes all but the newest. */
  prune(): void;
}

export function createReleases(dir: string): Releases {
  const current = join(dir, 'current');
  let number = 0;
  const deploy = () => {
    const release = join(dir, `r${++number}`);
    mkdirSync(release, { recursive: true });
    copyFileSync(fixture('chaos/app.cjs'), join(release, 'app.cjs'));
    symlinkSync(join(root, 'node_modules'), join(release, 'node_modules'));
    symlinkSync(release, `${current}.next`);
    renameSync(`${current}.next`, current);
  };
  deploy();
  const own = join(dir, 'r1', 'kf-cluster');
  mkdirSync(own);
  copyFileSync(join(root, 'package.json'), join(own, 'package.json'));
  cpSync(join(root, 'dist/bundle'), join(own, 'dist/bundle'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  });
  return {
    current,
    bin: join(own, 'dist/bundle/bin.cjs'),
    deploy,
    prune: () => {
      const old = readdirSync(dir).filter((name) => /^r\d+$/.test(name) && name !== `r${number}`);
      for (const name of old) rmSync(join(dir, name), { recursive: true });
    },
  };
}
