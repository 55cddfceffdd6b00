const FLAG = /^(--import|--require|-r)(?:=(.*))?$/s;
const OURS = /(^|\/)kf-cluster\/pm2$|\/bundle\/pm2(\.js|-require\.cjs)$/;

/** As for our own workers, but `node_args` may give the preload in any form, and anywhere among others. */
export function hidePm2Preload(): void {
  const { execArgv } = process;
  for (let i = execArgv.length - 1; i >= 0; i -= 1) {
    const [, flag, inline] = FLAG.exec(execArgv[i] ?? '') ?? [];
    if (flag !== undefined && OURS.test(inline ?? execArgv[i + 1] ?? '')) {
      execArgv.splice(i, inline === undefined ? 2 : 1);
    }
  }
}
