/** A partition of the in-app topic over the fakes, opened and followed. */
import { pino } from 'pino';
import type { InAppMessage } from '../../../../gateway/gateway.js';
import type { ReadBudget } from '../../../../gateway/in-app-log.js';
import { encodeNotification } from '../../../../gateway/protocol.js';
import { InAppPartition } from '../../../../topology/feeds/in-app-partition.js';
import type { Fetcher } from '../../../../topology/kafka/index.js';
import { notificationOf } from '../../gateway/harness.js';
import type { FakePartition, Reader } from './in-app-fakes.js';

const stops: AbortController[] = [];

/** Ends what was opened. */
export function stopAll(): void {
  for (const stop of stops.splice(0)) stop.abort();
}

const UNBOUNDED: ReadBudget = { hasLeft: () => true, charge: () => undefined };

/** A turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Followed {
  readonly partition: InAppPartition;
  readonly readers: Reader[];
}

/** A partition that is followed from `from`, with sockets that hear what is published once they are live. */
export function follow(...opening: Parameters<typeof opened>): Followed {
  const { stop, ...followed } = opened(...opening);
  followed.partition.run().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return followed;
}

/** The same before it runs. */
export function opened(
  fake: FakePartition,
  from: number,
  passLength = 50_000,
  { littleMissed = 1000, readBudget = UNBOUNDED } = {},
): Followed & { readonly stop: AbortController } {
  const readers: Reader[] = [];
  const stop = new AbortController();
  stops.push(stop);
  const partition = new InAppPartition(
    {
      topic: 'in-app',
      topicId: 'id',
      partition: 0,
      from,
      fetcher: fake.live as unknown as Fetcher,
      again: fake.again as unknown as Fetcher,
      ends: { earliest: () => Promise.resolve(fake.earliest), latest: () => Promise.resolve(fake.end) },
      // As a schema that is looked up: some take a while.
      decoder: {
        decode: async ({ key, offset }) => {
          if (offset % 4 === 0) await turn();
          const notification = notificationOf({ notificationId: BigInt(offset) });
          return { key: key!.toString(), notification, cursor: { epoch: '', offset: offset + 1 }, appendedAt: 0 };
        },
      },
      gateway: {
        publish: ({ key, cursor }: InAppMessage) => {
          const live = readers.filter((reader) => reader.signals.at(-1) === 'live' && reader.key === key);
          for (const reader of live) reader.offsets.push(cursor.offset - 1);
          return live.length;
        },
        outgoing: ({ notification }: InAppMessage) => encodeNotification(notification, ''),
        readBudget,
      },
      bytesReadAgain: { inc: () => undefined },
      littleMissed,
      log: pino({ level: 'silent' }),
      passLength,
    },
    stop.signal,
  );
  return { partition, readers, stop };
}
