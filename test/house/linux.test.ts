import test from 'ava';
import { filesBelow, textOf } from './sources.js';

/** What macOS has not: files of the kernel that are read, namespaces, and tools of util-linux. A text in a record is neither. */
const OF_LINUX = /(?:readFileSync|readdirSync|statSync|read|full)\(`?'?\/proc|'(?:unshare|setpriv|prlimit)'/;
/** Reached only by tests that ask first, or by `npm run test:interop` and `npm run test:bootstrap`, which are of Debian. */
const BEHIND =
  /^test\/(helpers\/(disks|root)|faults\/(bare|recording|run|stage|strace)|chaos\/ground|interop\/tools|libraries\/servers)\.ts$/;

test('a test that needs Linux asks for it, and says so where it is left out', (t) => {
  const users = filesBelow(['test'], /\.ts$/).filter((file) => OF_LINUX.test(textOf(file)) && !BEHIND.test(file));
  t.true(users.length > 5);
  t.deepEqual(
    users.filter((file) => !/onLinux\(t,|isRoot\(t\)/.test(textOf(file))),
    [],
    'ask onLinux() of test/helpers/linux.ts, or isRoot()',
  );
});
