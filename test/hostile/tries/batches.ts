/** Batches that unpack to far more than they are. */
import { TASKS, good, MB, poison, poisonRun } from '../makers.js';
import type { RecordScene } from '../record-scene.js';
import { recordTry, type HostileRecord } from '../record-try.js';
import type { TryGroup } from '../try.js';

const TOO_LARGE = { kind: 'dead', reasons: ['too-large'] } as const;
const AGAIN = 'the same commit again every 0.5 s, for ever';
const EXIT = 'worker ended (the batch cannot be read), and again at each start';

export const BATCHES: TryGroup<RecordScene> = {
  title: 'batches',
  against: 'one partition of a stream worker',
  tries: [
    recordTry({
      name: 'one record of 120 MB in 3,750 bytes of zstd',
      holds: 'one dead letter `too-large`, cut or compressed; its neighbours are notified',
      before: AGAIN,
      isShort: true,
      shows: '2',
      holdMs: 1500,
      growMb: 600,
      attack: (scene, name) => [
        {
          topic: TASKS,
          codec: 'zstd',
          records: [
            good(scene, `${name}-a`),
            poison(poisonRun(120 * MB), { fate: TOO_LARGE }),
            good(scene, `${name}-b`),
          ],
        },
      ],
    }),
    recordTry({
      name: 'one record of 100 MB in gzip',
      holds: 'one dead letter `too-large`',
      before: AGAIN,
      holdMs: 1500,
      growMb: 600,
      attack: () => [{ topic: TASKS, codec: 'gzip', records: [poison(poisonRun(100 * MB), { fate: TOO_LARGE })] }],
    }),
    recordTry({
      name: '100 records of 1 MB of poison in 4 KB of zstd',
      holds: '100 dead letters, whole, in requests that a broker takes',
      before: AGAIN,
      shows: '2',
      holdMs: 1500,
      growMb: 900,
      attack: () => [
        {
          topic: TASKS,
          codec: 'zstd',
          records: Array.from({ length: 100 }, (_, index) => poison(poisonRun(MB), { key: `poison-${index}` })),
        },
      ],
    }),
    recordTry({
      name: 'a batch of 1 GB in 32 KB of zstd',
      holds: 'one dead letter `unreadable-batch` without a value, with first and last offset, codec and size',
      before: EXIT,
      isShort: true,
      shows: '4',
      attack: (scene, name) => [
        {
          topic: TASKS,
          codec: 'zstd',
          isUnreadable: true,
          records: [good(scene, `${name}-a`), poison(poisonRun(1024 * MB)), good(scene, `${name}-b`)],
        },
      ],
    }),
    recordTry({
      name: 'a batch of 900 MB in 900 KB of gzip',
      holds: 'the same',
      before: EXIT,
      shows: '4',
      attack: () => [
        {
          topic: TASKS,
          codec: 'gzip',
          isUnreadable: true,
          records: [poison(poisonRun(900 * MB))],
        },
      ],
    }),
    recordTry({
      name: 'a batch of 200 MB in 800 KB of lz4',
      holds: 'the same',
      before: EXIT,
      attack: () => [{ topic: TASKS, codec: 'lz4', isUnreadable: true, records: [poison(poisonRun(200 * MB))] }],
    }),
    recordTry({
      name: 'five such batches of zstd, one behind another',
      holds: 'five dead letters, and on',
      before: EXIT,
      attack: () =>
        Array.from({ length: 5 }, () => ({
          topic: TASKS,
          codec: 'zstd' as const,
          isUnreadable: true,
          records: [poison(poisonRun(1024 * MB))],
        })),
    }),
    recordTry({
      name: 'a batch of 100,000 records of nothing in 1 KB of zstd',
      holds: 'none is anything: all are skipped',
      isShort: true,
      holdMs: 1000,
      attack: () => [
        {
          topic: TASKS,
          codec: 'gzip',
          records: Array.from({ length: 100_000 }, (): HostileRecord => ({
            key: null,
            value: null,
            fate: { kind: 'skipped' },
          })),
        },
      ],
    }),
    recordTry({
      name: '4,000 records of two bytes of poison in one batch of each codec',
      holds: 'as many dead letters, each with its own offset',
      attack: () =>
        (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) => ({
          topic: TASKS,
          codec,
          records: Array.from({ length: 800 }, () => poison(Buffer.from([0xff, 0xff]))),
        })),
      holdMs: 1000,
    }),
  ],
};
