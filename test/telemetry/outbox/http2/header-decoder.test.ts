import test from 'ava';
import { Http2Fault } from '../../../../src/telemetry/outbox/http2/frames.js';
import { headerBlock } from '../../../../src/telemetry/outbox/http2/header-block.js';
import { HeaderDecoder } from '../../../../src/telemetry/outbox/http2/header-decoder.js';
import { unpacked } from '../../../../src/telemetry/outbox/http2/huffman.js';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

// RFC 7541, C.4 to C.6: three blocks of one connection each.
const EXAMPLES = {
  'C.4, requests with Huffman codes': [
    [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
      ],
    ],
    [
      '8286 84be 5886 a8eb 1064 9cbf',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
        ['cache-control', 'no-cache'],
      ],
    ],
    [
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':path', '/index.html'],
        [':authority', 'www.example.com'],
        ['custom-key', 'custom-value'],
      ],
    ],
  ],
  'C.3, requests without': [
    [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
      ],
    ],
    [
      '8286 84be 5808 6e6f 2d63 6163 6865',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
        ['cache-control', 'no-cache'],
      ],
    ],
  ],
} as const;

for (const [name, blocks] of Object.entries(EXAMPLES)) {
  test(`the examples of RFC 7541: ${name}`, (t) => {
    const decoder = new HeaderDecoder();
    for (const [hex, expected] of blocks) t.deepEqual(decoder.decode(bytes(hex)), expected as never);
  });
}

/** `custom-key: value`, kept in the table. */
const kept = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0x40, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);

test('what the table has no room for goes, the oldest first; one that is larger than it empties it', (t) => {
  const decoder = new HeaderDecoder();
  decoder.decode(bytes('3f 2d')); // a table of 76 bytes: two entries
  for (const name of ['aa', 'bb', 'cc']) decoder.decode(kept(name, '12'));
  t.deepEqual(decoder.decode(bytes('be bf')), [
    ['cc', '12'],
    ['bb', '12'],
  ]);
  t.throws(() => decoder.decode(bytes('c0')), { instanceOf: Http2Fault, message: /COMPRESSION_ERROR: .*index 64/ });
  t.deepEqual(decoder.decode(kept('large', 'x'.repeat(60))), [['large', 'x'.repeat(60)]]);
  t.throws(() => decoder.decode(bytes('be')), { instanceOf: Http2Fault });
});

for (const [what, hex] of [
  ['index 0', '80'],
  ['an index beyond the table', 'be'],
  ['a number without an end', '7f ff ff ff ff ff ff'],
  ['a number that is cut off', '7f'],
  ['a text that is cut off', '40 05 61'],
  ['a name without a value', '40 01 61'],
  ['a table that is larger than allowed', '3f e2 1f'],
  ['a code that is padded with more than seven bits', '40 82 1f ff 01 61'],
  ['padding that is not ones', '40 81 18 01 61'],
  ['the code of the end', '40 84 ff ff ff ff 01 61'],
] as const) {
  test(`what is wrong ends the connection: ${what}`, (t) => {
    const error = t.throws(() => new HeaderDecoder().decode(bytes(hex)), { instanceOf: Http2Fault });
    t.is(error.code, 'COMPRESSION_ERROR');
  });
}

test('a block of few bytes that stands for many is refused', (t) => {
  const decoder = new HeaderDecoder();
  decoder.decode(kept('k', 'v'.repeat(120)));
  const error = t.throws(() => decoder.decode(Buffer.alloc(60_000, 0xbe)), { instanceOf: Http2Fault });
  t.is(error.code, 'ENHANCE_YOUR_CALM');
});

test('every byte has its code, by the lengths alone', (t) => {
  // RFC 7541, appendix B: some of each length.
  for (const [text, hex] of [
    ['0', '07'],
    ['t', '4f'],
    [' ', '53'],
    ['z', 'f7'],
    ['&', 'f8'],
    ['!', 'fe3f'],
    ['\\', 'fffe1f'],
    ['\u00e7', 'ffffe7'],
    ['\n', 'fffffff3'],
  ] as const) {
    t.is(unpacked(bytes(hex)), text, hex);
  }
  t.is(unpacked(Buffer.alloc(0)), '');
});

test('a block of ours is read by the decoder as it was, long values and names too', (t) => {
  const headers = [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':authority', ''],
    ['content-type', 'application/grpc'],
    ['n'.repeat(127), 'v'.repeat(128)],
    ['x-key', 'k'.repeat(20_000)],
    ['x-latin', '\u00e9'],
    ['x-empty', ''],
  ] as const;
  t.deepEqual(new HeaderDecoder().decode(headerBlock(headers)), headers as never);
});

test('no header of ours may be kept in a table by anybody, but method and scheme, which all know', (t) => {
  const block = headerBlock([
    [':method', 'POST'],
    [':scheme', 'http'],
    ['authorization', 'key'],
    ['kf-api-key', 'key'],
  ]);
  t.is(
    block.toString('hex'),
    `83861f08${'03'}${Buffer.from('key').toString('hex')}100a${Buffer.from('kf-api-key').toString('hex')}03${Buffer.from('key').toString('hex')}`,
  );
});
