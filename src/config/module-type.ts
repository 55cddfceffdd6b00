import { dirname, extname, join } from 'node:path';
import { nodeFs } from './node-fs.js';
import { upwards } from './upwards.js';

/** Whether Node loads the script as an ES module, by its name and the nearest package.json. */
export function isEsmScript(script: string): boolean {
  const extension = extname(script);
  if (extension === '.mjs' || extension === '.mts') return true;
  if (extension === '.cjs' || extension === '.cts') return false;
  return nearestType(dirname(nodeFs.realPath(script))) === 'module';
}

/** The package.json that Node goes by may be another one than the project's. */
function nearestType(from: string): unknown {
  for (const dir of upwards(from)) {
    const text = nodeFs.readText(join(dir, 'package.json'));
    if (text !== undefined) return typeIn(text);
  }
  return undefined;
}

function typeIn(text: string): unknown {
  try {
    return JSON.parse(text)?.type;
  } catch {
    return undefined; // Node itself refuses it, in the worker
  }
}
