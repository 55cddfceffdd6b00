import { observe } from '../node-internals/emitters.js';
import { beginBoot } from './begin.js';
import { takeBoot } from './boot-message.js';
import { hidePreload } from './preload-flag.js';
import { waitForRelease } from './standby-gate.js';

/** At an exit, with its code. */
type Write = (code: number) => void;

/**
 * What plain-preload.ts gives way to: a worker that has nothing to await before its app.
 *
 * @param keep has what is compiled by the end of this process written for the workers that follow
 */
export function beginPlain(keep: (atExit: (write: Write) => void) => void): void {
  const boot = takeBoot(process.env);
  if (!boot) return;
  if (boot.held) waitForRelease();
  hidePreload();
  const begun = beginBoot(boot);
  keep((write) => observe(process, 'exit', write));
  begun.letAppIn();
}
