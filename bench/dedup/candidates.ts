/** Stores that can say whether a digest was seen before: ours, and what a Node project would take instead. */
import type { Digest } from '../../state/dedup/digest-bytes.js';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packDigests } from '../../state/dedup/digest-bytes.js';
import { StateEnvironment } from '../../state/lmdb/environment.js';
import { bucketOf, windowShape } from '../../state/dedup/stream-time.js';
import { TaskStore } from '../../state/dedup/task-store.js';

export interface Candidate {
  /** Looks each digest up, adds those that are new in one atomic write; how many were there. */
  see(digests: readonly Digest[]): Promise<number>;
}

export const CANDIDATES: Readonly<Record<string, (folder: string) => Promise<Candidate>>> = {
  ours: async (folder) => {
    const shape = windowShape(7 * 86_400_000);
    const streamTime = Date.now();
    const bucket = bucketOf(streamTime, shape);
    const store = new TaskStore(new StateEnvironment(folder), 0, shape);
    await store.load();
    let offset = 0;
    return {
      async see(digests) {
        const fresh = digests.filter((digest) => store.bucketOf(digest) === undefined);
        const source = 'TASK_EVENT_TOPIC-0';
        const positions = new Map([[source, { nextOffset: offset, streamTime, notifyFrom: 0 }]]);
        await store.apply(
          [{ offset, entry: { positions, buckets: [{ source, bucket, packed: packDigests(fresh) }] } }],
          offset + 1,
        );
        offset += 1;
        return digests.length - fresh.length;
      },
    };
  },

  'classic-level': async (folder) => {
    const { ClassicLevel } = peer('classic-level') as { ClassicLevel: new (folder: string, options: object) => Level };
    const level = new ClassicLevel(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer', cacheSize: CACHE_BYTES });
    await level.open();
    return asCandidate(
      (keys) => level.getMany(keys),
      (operations) => level.batch(operations),
    );
  },

  rocksdb: async (folder) => {
    const open = peer('rocksdb') as (folder: string) => LevelDown;
    const down = open(folder);
    const calling = <T>(call: (done: (error: Error | null, value: T) => void) => void): Promise<T> =>
      new Promise((resolve, reject) => {
        call((error, value) => {
          if (error) reject(error);
          else resolve(value);
        });
      });
    await calling<unknown>((done) => {
      down.open({ cacheSize: CACHE_BYTES }, done);
    });
    return asCandidate(
      (keys) =>
        calling((done) => {
          down.getMany(keys, { asBuffer: true }, done);
        }),
      async (operations) => {
        await calling((done) => {
          down.batch(operations, done);
        });
      },
    );
  },
};

/** What Kafka Streams gives its stores of one process by default, about. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** As long as what we keep of an entry beside its digest. */
const VALUE = Buffer.alloc(5);

interface Put {
  readonly type: 'put';
  readonly key: Buffer;
  readonly value: Buffer;
}

interface Level {
  open(): Promise<void>;
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  batch(operations: readonly Put[]): Promise<void>;
}

interface LevelDown {
  open(options: object, done: (error: Error | null, value: unknown) => void): void;
  getMany(
    keys: readonly Buffer[],
    options: object,
    done: (error: Error | null, values: (Buffer | undefined)[]) => void,
  ): void;
  batch(operations: readonly Put[], done: (error: Error | null, value: unknown) => void): void;
}

function asCandidate(
  getMany: (keys: readonly Buffer[]) => Promise<(Buffer | undefined)[]>,
  batch: (operations: readonly Put[]) => Promise<void>,
): Candidate {
  return {
    async see(digests) {
      const keys = digests.map((digest) => packDigests([digest]));
      const found = await getMany(keys);
      const fresh = keys.filter((_, at) => found[at] === undefined);
      await batch(fresh.map((key): Put => ({ type: 'put', key, value: VALUE })));
      return keys.length - fresh.length;
    },
  };
}

/** From bench/dedup/node_modules: none of them is a dependency of the project. */
function peer(name: string): unknown {
  return createRequire(join(import.meta.dirname, 'package.json'))(name) as unknown;
}
