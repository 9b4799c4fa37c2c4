/** Records that are larger than what takes them: they cost themselves. */
import { TASKS, good, MB, poison, poisonNoise, poisonRun, taskValue } from '../makers.js';
import { WIDE_SOURCE, type RecordScene } from '../record-scene.js';
import { recordTry } from '../record-try.js';
import type { TryGroup } from '../try.js';
import { headersOf } from '../wire/batch.js';
import { run } from '../wire/pieces.js';

const CUT = { kind: 'dead', reasons: ['bad-magic'], isCut: true } as const;
const TOO_LARGE = { kind: 'dead', reasons: ['too-large'] } as const;
const ENDED = 'worker ended (FatalError), and again at each start';

export const LARGE_RECORDS: TryGroup<RecordScene> = {
  title: 'large records',
  against: 'one partition of a stream worker',
  tries: [
    recordTry({
      name: '3 MB of poison in 3 KB of gzip',
      holds: 'one dead letter, compressed; its neighbours in the batch are notified',
      before: ENDED,
      isShort: true,
      shows: '1',
      attack: (scene, name) => [
        {
          topic: TASKS,
          codec: 'gzip',
          records: [good(scene, `${name}-a`), poison(poisonRun(3 * MB)), good(scene, `${name}-b`)],
        },
      ],
    }),
    recordTry({
      name: 'a good event with a title of 2 MB, in gzip',
      holds: 'one dead letter `too-large`',
      before: ENDED,
      isShort: true,
      shows: '1',
      attack: (scene, name) => [
        {
          topic: TASKS,
          codec: 'gzip',
          records: [
            good(scene, `${name}-a`),
            { key: name, value: taskValue(scene, `${name}-large`, 'x'.repeat(2 * MB)), fate: TOO_LARGE },
            good(scene, `${name}-b`),
          ],
        },
      ],
    }),
    recordTry({
      name: '2 MB of noise that is poison, from a source that takes 12 MB',
      holds: 'one dead letter, its value cut to a prefix, with the size and the hash of the whole',
      before: ENDED,
      isShort: true,
      shows: '1',
      attack: () => [{ topic: WIDE_SOURCE, codec: 'none', records: [poison(poisonNoise(2 * MB), { fate: CUT })] }],
    }),
    recordTry({
      name: 'a key of 2 MB of noise before a value of 2 MB of noise',
      holds: 'one dead letter with neither, and the hash of the value',
      before: ENDED,
      attack: () => [
        {
          topic: WIDE_SOURCE,
          codec: 'none',
          records: [poison(poisonNoise(2 * MB), { key: poisonNoise(2 * MB), fate: CUT })],
        },
      ],
    }),
    recordTry({
      name: 'a key of 2 MB before poison, in gzip',
      holds: 'one dead letter, whole',
      before: ENDED,
      attack: () => [{ topic: TASKS, codec: 'gzip', records: [poison('poison', { key: [run('k', 2 * MB)] })] }],
    }),
    recordTry({
      name: 'a header whose name is 450 KB that are no UTF-8, on poison',
      holds: 'one dead letter with that header, not three times as long',
      before: ENDED,
      isShort: true,
      shows: '1',
      attack: () => [
        {
          topic: TASKS,
          codec: 'none',
          records: [poison(poisonNoise(200_000), { headers: headersOf([[Buffer.alloc(450_000, 0xff), 'v']]) })],
        },
      ],
    }),
    recordTry({
      name: 'headers of 2 MB of noise on poison, from a source that takes 12 MB',
      holds: 'one dead letter without them; it says that it was cut',
      before: ENDED,
      attack: () => [
        {
          topic: WIDE_SOURCE,
          codec: 'none',
          records: [poison('poison', { headers: headersOf([['noise', poisonNoise(2 * MB)]]), fate: CUT })],
        },
      ],
    }),
    recordTry({
      name: 'one record of 9 MB of noise',
      holds: 'one dead letter `too-large`, cut',
      before: ENDED,
      attack: () => [
        {
          topic: WIDE_SOURCE,
          codec: 'none',
          records: [poison(poisonNoise(9 * MB), { fate: { ...TOO_LARGE, isCut: true } })],
        },
      ],
    }),
    recordTry({
      name: '60 records of 900 KB of poison in one batch of gzip',
      holds: '60 dead letters, whole',
      attack: () => [
        {
          topic: TASKS,
          codec: 'gzip',
          records: Array.from({ length: 60 }, (_, index) => poison(poisonRun(900_000), { key: `poison-${index}` })),
        },
      ],
      holdMs: 1500,
    }),
    recordTry({
      name: 'an event whose e-mail is five times as long as what came (200 KB of `<`)',
      holds: 'one dead letter `too-large`, and no other output of it',
      isShort: true,
      attack: (scene, name) => {
        const { message } = scene.messages.request({
          eventId: `${name}-large`,
          channels: ['EMAIL', 'IN_APP'],
          message: '<'.repeat(200_000),
        });
        const user = scene.messages.user({ eventId: `${name}-user` });
        return [
          {
            topic: 'USER_EVENT_TOPIC',
            codec: 'none',
            records: [{ key: user.message.key as string, value: user.message.value, fate: { kind: 'skipped' } }],
          },
          {
            topic: 'NOTIFICATION_REQUEST_TOPIC',
            codec: 'none',
            records: [{ key: name, value: message.value, fate: TOO_LARGE }],
          },
        ];
      },
    }),
    recordTry({
      name: 'a request with 300,000 recipients',
      holds: 'it is refused as `too-large`, and the loop comes round while it is found out',
      before: 'the loop was held for 0.7 s',
      isShort: true,
      holdMs: 300,
      attack: (scene, name) => {
        const userIds = Array.from({ length: 300_000 }, (_, index) => BigInt(index + 1));
        const { message } = scene.messages.request({
          eventId: `${name}-many`,
          userId: 0n,
          userIds,
          message: 'x'.repeat(300),
          channels: ['IN_APP'],
        });
        return [
          {
            topic: 'NOTIFICATION_REQUEST_TOPIC',
            codec: 'gzip',
            records: [{ key: name, value: message.value, fate: TOO_LARGE }],
          },
        ];
      },
    }),
  ],
};
