import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { createMetrics } from '../../../../common/metrics.js';
import { RecordHeaders } from '../../../../common/record-headers.js';
import type { SourceRecord } from '../../../../common/record.js';
import { partitionFor } from '../../../../topology/kafka/index.js';
import { KeyPlacement } from '../../../../topology/task/key-placement.js';
import { CRM, rig, sentAre, TASKS } from './task-harness.js';
import { failingUntil } from './text-executor.js';

const PARTITIONS = 8;
const RECORDS = 16_000;
/** Some 1,000 of so many records are looked at. */
const ABOUT_A_16TH = [900, 1100] as const;

interface Produced {
  readonly topic?: string;
  readonly key?: Buffer | null;
  readonly partition: number;
  readonly defect?: SourceRecord['defect'];
}

interface Looking {
  /** How many partitions the topic has now, and had when the partition was first read. */
  readonly partitions?: number;
  readonly atFirst?: number;
  /** Between two records. */
  readonly stride?: number;
}

interface Seen {
  /** Counted, by topic. */
  readonly found: Readonly<Record<string, number>>;
  readonly warnings: readonly unknown[][];
}

/** Looks at records; how many of them are counted by topic, and the warnings. */
async function look(produce: (key: Buffer) => Produced, looking: Looking = {}): Promise<Seen> {
  const { partitions = PARTITIONS, atFirst = PARTITIONS, stride = 1 } = looking;
  const metrics = createMetrics(new Registry());
  const log = pino({ level: 'silent' });
  const warn = vi.spyOn(log, 'warn');
  const placement = new KeyPlacement({ metrics, log, partitionCount: () => partitions });
  for (let index = 0; index < RECORDS; index += 1) {
    const own = Buffer.from(`key ${index}`);
    const { topic = TASKS, key = own, partition, defect } = produce(own);
    const record: SourceRecord = {
      ...{ topic, partition, key, defect, source: `${topic}-${partition}`, offset: index * stride },
      ...{ timestamp: 0, value: null, headers: RecordHeaders.NONE },
    };
    placement.look(record, new Map([[record.source, atFirst]]));
  }
  const { values } = await metrics.misplaced_records_total.get();
  return {
    found: Object.fromEntries(
      values.filter(({ value }) => value > 0).map(({ labels, value }) => [String(labels.topic), value]),
    ),
    warnings: warn.mock.calls,
  };
}

const right = (key: Buffer): number => partitionFor(key, PARTITIONS);
const wrong = (key: Buffer): number => (right(key) + 1) % PARTITIONS;
const NOTHING = { found: {}, warnings: [] };

describe('events that are in another partition than their key gives', () => {
  it.each([1, 2, 3, 16, 17, 64])('are counted, one of some 16, where offsets are %s apart', async (stride) => {
    const { found } = await look((key) => ({ partition: wrong(key) }), { stride });
    expect(found[TASKS]).toBeGreaterThan(ABOUT_A_16TH[0]);
    expect(found[TASKS]).toBeLessThan(ABOUT_A_16TH[1]);
  });

  it('are warned of once a source, with what to do', async () => {
    const { warnings } = await look((key) => ({ topic: key.at(-1)! % 2 === 0 ? TASKS : CRM, partition: wrong(key) }));
    expect(warnings).toEqual(
      [TASKS, CRM].map((topic) => [
        { origin: expect.stringMatching(`^${topic}-\\d+@\\d+$`) as string, partitions: PARTITIONS },
        expect.stringContaining('partitioner=murmur2_random') as string,
      ]),
    );
  });

  it('are none that have no key, or only what is left of one', async () => {
    const value = { bytes: 1, sha256: '' };
    const defect = { kind: 'too-large', bytes: 1, maxBytes: 1, value } as const;
    expect(await look((key) => ({ partition: wrong(key), key: null }))).toEqual(NOTHING);
    expect(await look((key) => ({ partition: wrong(key), defect }))).toEqual(NOTHING);
  });

  it('are none that are where murmur2 puts them', async () => {
    expect(await look((key) => ({ partition: right(key) }))).toEqual(NOTHING);
  });

  it('are none that were right before partitions were added, nor those after', async () => {
    const grown = { partitions: 12, atFirst: PARTITIONS };
    expect(await look((key) => ({ partition: right(key) }), grown)).toEqual(NOTHING);
    expect(await look((key) => ({ partition: partitionFor(key, 12) }), grown)).toEqual(NOTHING);
  });

  it('are none of a partition that the metadata does not know yet', async () => {
    expect(await look((key) => ({ partition: wrong(key) }), { partitions: 0 })).toEqual(NOTHING);
  });
});

it('a task looks at each record once, also at one that had to be tried again', async () => {
  const setup = rig({ topics: [TASKS] });
  const looked = vi.spyOn(setup.parts.broker.keyPlacement, 'look');
  setup.behaviour.set('b', failingUntil(2, 'b'));
  setup.task.start();
  setup.append(TASKS, ['a', 'b', 'c']);
  await sentAre(setup, ['a', 'b', 'c']);
  expect(looked.mock.calls.map(([{ source, offset }, atFirst]) => [offset, atFirst.get(source)])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
  await setup.task.closeClean(1000);
});
