import { writeSync } from 'node:fs';
import { BUILD } from '../../contract/build-id.js';
import { KfError } from '../../contract/errors.js';

/** A worker whose files were replaced under a running supervisor ends with what is to be done. */
export function refuseOtherBuild(build: string | undefined): void {
  if (build === BUILD) return;
  const why = `its supervisor is kf-cluster ${build ?? 'of another build'}: the files of kf-cluster were written over`;
  writeSync(2, new KfError('BUILD_MISMATCH', `this worker is kf-cluster ${BUILD}`, why).render());
  process.exit(1);
}
