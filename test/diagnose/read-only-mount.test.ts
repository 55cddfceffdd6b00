import test from 'ava';
import { isReadOnly } from '../../src/system/read-only-mount.js';

const MOUNTS = String.raw`22 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=/x
30 22 0:30 / /var/run/secrets/otel ro,relatime - tmpfs tmpfs rw,size=64k
31 22 0:31 / /mnt/my\040disk rw,relatime - ext4 /dev/sdb ro
32 22 0:32 / /twice ro - tmpfs tmpfs rw
33 32 0:33 / /twice rw - tmpfs tmpfs rw
`;

const PLACES: ReadonlyArray<readonly [path: string, readOnly: boolean, what: string]> = [
  ['/etc/otlp.headers', false, 'a plain file'],
  ['/var/run/secrets/otel/..2026_01_01/headers', true, 'a Secret'],
  ['/var/run/secrets/otel-of-others/headers', false, 'a directory whose name only begins like it'],
  ['/mnt/my disk/headers', true, 'a disk that is read-only as a whole'],
  ['/twice/headers', false, 'the mount on top of another one counts'],
];

for (const [path, readOnly, what] of PLACES) {
  test(`${what}: ${readOnly ? 'nobody can change its mode' : 'its mode counts'}`, (t) => {
    t.is(isReadOnly(path, MOUNTS), readOnly);
  });
}
