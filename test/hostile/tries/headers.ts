/** Headers: very many, odd, forged. */
import { emptyHeaders, good, poison, TASKS } from '../makers.js';
import type { RecordScene } from '../record-scene.js';
import { recordTry } from '../record-try.js';
import type { TryGroup } from '../try.js';
import { headersOf, type HeaderPair } from '../wire/batch.js';
import { run } from '../wire/pieces.js';

/** 10^5 headers cost under 20 ms; what a watched loop takes for everything else comes on top. */
const HOLD_MS = 100;
const HELD = 'the loop was held for seconds, on each worker in turn';

const ODD: readonly HeaderPair[] = [
  ['trace-id', 'one'],
  ['trace-id', null],
  ['', ''],
  ['trace-id', 'two'],
  ['__proto__', 'polluted'],
  ['constructor', 'polluted'],
  ['toString', null],
  ['dlq.reason', 'forged'],
  ['dlq.truncated', 'forged'],
  ['dlq.replay-count', '999999999999999999999'],
  ['__streams.errors.topic', 'forged'],
  ['__streams.errors.offset', 'forged'],
  ['héader 🎉', 'välue'],
  ['crlf\r\nX-Injected: yes', 'crlf\r\nX-Injected: yes'],
];

export const HEADERS: TryGroup<RecordScene> = {
  title: 'headers',
  against: 'one partition of a stream worker',
  tries: [
    recordTry({
      name: '40,000 headers of one name on poison (80 KB)',
      holds: 'one dead letter with all of them, in their order; the loop is held for no longer than by anything else',
      before: HELD,
      isShort: true,
      shows: '3',
      holdMs: HOLD_MS,
      attack: () => [{ topic: TASKS, codec: 'none', records: [poison('poison', { headers: emptyHeaders(40_000) })] }],
    }),
    recordTry({
      name: '300,000 headers of one name on poison, in 800 bytes of gzip',
      holds: 'the same',
      before: HELD,
      isShort: true,
      shows: '3',
      holdMs: HOLD_MS,
      attack: () => [{ topic: TASKS, codec: 'gzip', records: [poison('poison', { headers: emptyHeaders(300_000) })] }],
    }),
    recordTry({
      name: '300,000 headers of one name on a good event, in gzip',
      holds: 'it is notified, and the loop is not held',
      before: HELD,
      isShort: true,
      shows: '3',
      holdMs: HOLD_MS,
      attack: (scene, name) => [
        { topic: TASKS, codec: 'gzip', records: [good(scene, `${name}-a`, { headers: emptyHeaders(300_000) })] },
      ],
    }),
    recordTry({
      name: '100,000 headers of as many names on poison',
      holds: 'one dead letter, whole or cut',
      holdMs: HOLD_MS,
      attack: () => {
        const pairs = Array.from({ length: 100_000 }, (_, index): HeaderPair => [index.toString(36), '']);
        return [{ topic: TASKS, codec: 'gzip', records: [poison('poison', { headers: headersOf(pairs) })] }];
      },
    }),
    recordTry({
      name: '1,500,000 headers on poison, in gzip (3 MB)',
      holds: 'one dead letter, whole or cut',
      before: HELD,
      holdMs: 3 * HOLD_MS,
      attack: () => [
        { topic: TASKS, codec: 'gzip', records: [poison('poison', { headers: emptyHeaders(1_500_000) })] },
      ],
    }),
    recordTry({
      name: 'a header value of 3 MB, in gzip, on a good event',
      holds: 'it is notified',
      attack: (scene, name) => {
        const [head] = headersOf([['large', '']]).bytes as [Buffer];
        // Its length (3 MB, zigzag) in place of the 0 at the end.
        const size = Buffer.from([0x80, 0x9b, 0xee, 0x02]);
        const headers = { count: 1, bytes: [Buffer.concat([head.subarray(0, -1), size]), run('h', 3_000_000)] };
        return [{ topic: TASKS, codec: 'gzip', records: [good(scene, `${name}-a`, { headers })] }];
      },
    }),
    recordTry({
      name: 'names repeated, null, empty, of other alphabets, and those of our own headers, forged',
      holds: 'they come back in their order, nulls and repeats too, with ours behind them',
      before: 'nulls came back empty, repeats beside their first',
      isShort: true,
      attack: (scene, name) => [
        {
          topic: TASKS,
          codec: 'none',
          records: [
            poison('poison', { headers: headersOf(ODD) }),
            good(scene, `${name}-a`, { headers: headersOf(ODD) }),
            poison('poison', { headers: headersOf([...ODD, ...ODD]) }),
          ],
        },
      ],
    }),
    recordTry({
      name: 'a replay count of 400 digits on a replayed dead letter',
      holds: 'a dead letter again, with a number of ours',
      attack: () => [
        {
          topic: TASKS,
          codec: 'none',
          records: [poison('poison', { headers: headersOf([['dlq.replay-count', '9'.repeat(400)]]) })],
        },
      ],
    }),
  ],
};
