import type { Checks } from '../check.js';
import type { Facts } from '../facts.js';
import { APP_CHECKS } from './app-checks.js';
import { DEPLOYMENT_CHECKS } from './deployment-checks.js';
import { HEADER_CHECKS } from './headers.js';
import { INSTRUMENTATION_CHECKS } from './instrumentation-checks.js';
import { KEY_CHECKS } from './keys.js';
import { RESOURCE_CHECKS } from './resources.js';
import { SERVICE_CHECKS } from './service.js';
import { SIGNAL_CHECKS } from './signal-checks.js';
import { SPOOL_CHECKS } from './spool.js';
import { STOP_CHECKS } from './stop-checks.js';
import { TARGET_CHECKS } from './target-checks.js';
import { VALUE_CHECKS } from './value-checks.js';
import { VARIABLE_CHECKS } from './variable-checks.js';
import { VERSION_CHECKS } from './versions.js';

/** THE table: what `doctor` looks at without asking anybody. Adding a check is adding a row to one of these. */
export const SETUP_CHECKS: Checks<Facts> = {
  ...APP_CHECKS,
  ...VERSION_CHECKS,
  ...INSTRUMENTATION_CHECKS,
  ...SIGNAL_CHECKS,
  ...TARGET_CHECKS,
  ...SERVICE_CHECKS,
  ...VARIABLE_CHECKS,
  ...VALUE_CHECKS,
  ...DEPLOYMENT_CHECKS,
  ...HEADER_CHECKS,
  ...KEY_CHECKS,
  ...STOP_CHECKS,
  ...RESOURCE_CHECKS,
  ...SPOOL_CHECKS,
};
