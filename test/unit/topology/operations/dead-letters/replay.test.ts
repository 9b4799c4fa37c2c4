import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import type { OutboundRecord } from '../../../../../topology/kafka/index.js';
import type { ReplayRun } from '../../../../../topology/operations/dead-letters/replay-log.js';
import type { LetterParts } from './letters.js';
import { NAMES } from './letters.js';
import { DLQ, ReplayScene, TASKS, type Death, type RunParts } from './replay-scene.js';

let scene: ReplayScene;
beforeEach(() => {
  scene = new ReplayScene();
});
afterEach(() => scene.close());

const letter = (value: string, parts: LetterParts = {}): LetterParts => ({ value: Buffer.from(value), ...parts });
const named = (count: number, from = 0): LetterParts[] =>
  Array.from({ length: count }, (_, index) => letter(`v${from + index}`, { partition: (from + index) % 2 }));
/** `--resume`. */
const resume = (last: ReplayRun | undefined): ReplayRun => last!;
const sha256 = (value: Buffer): string => createHash('sha256').update(value).digest('hex');
const cutOf = (whole: Buffer): NonNullable<LetterParts['more']> => [
  ['dlq.truncated', 'true'],
  ['dlq.original-bytes', String(whole.length)],
  ['dlq.sha256', sha256(whole)],
];

describe('a replay', () => {
  it('sends each record where it was, as it was, at its time, and counts it', async () => {
    const timestamp = Date.now() - 3_600_000;
    const headers = [
      ['a', '1'],
      ['dlq.replay-count', '1'],
      ['a', null],
    ] as const;
    await scene.letters(0, [letter('v', { headers, timestamp, key: null })]);
    const { tally, kind } = await scene.run();
    expect([kind, tally.sentCounts]).toEqual(['done', [{ reason: 'invalid-event', topic: TASKS, count: 1 }]]);
    const [record] = scene.committed(TASKS, 1);
    expect(record).toMatchObject({ key: null, value: Buffer.from('v'), timestamp });
    expect([...record!.headers].map(([name, value]) => [name, value && String(value)])).toEqual([
      ['a', '1'],
      ['a', null],
      ['dlq.replay-count', '2'],
      ['dlq.replayed-from', `${DLQ}-0@0`],
    ]);
  });

  it('sends a record with the present time when its topic would delete it before it is read', async () => {
    await scene.letters(0, [letter('old', { timestamp: 1_600_000_000_000 }), letter('timeless', { timestamp: -1 })]);
    const { tally } = await scene.run();
    expect(tally.retimed).toBe(1);
    const [old, timeless] = scene.committed(TASKS, 1);
    expect(Date.now() - old!.timestamp).toBeLessThan(60_000);
    expect(timeless!.timestamp).toBe(-1);
  });

  it('does not take what becomes a dead letter while it runs', async () => {
    await scene.letters(0, named(4));
    let more: Promise<void> | undefined;
    await scene.run({ batchLetters: 2, onProgress: () => void (more ??= scene.letters(0, named(3, 10))) });
    await more;
    expect(scene.replayed().sort()).toEqual(['v0', 'v1', 'v2', 'v3']);
  });

  it('sends nothing twice that an earlier run has sent, whatever that selected; with --again it does', async () => {
    await scene.letters(0, [...named(3), letter('other', { cause: { reason: 'undecodable' } })]);
    await scene.run({ run: { selection: { reasons: ['undecodable'] } } });
    expect(scene.replayed()).toEqual(['other']);
    const second = await scene.run();
    expect([...second.tally.leftCounts]).toEqual([['already-replayed', 1]]);
    expect(scene.replayed().sort()).toEqual(['other', 'v0', 'v1', 'v2']);
    await scene.run({ run: { again: true, selection: { reasons: ['undecodable'] } } });
    expect(scene.replayed().filter((value) => value === 'other')).toHaveLength(2);
  });

  it('knows what was replayed by its topic: of a dead-letter topic that was recreated, nothing was', async () => {
    await scene.letters(0, named(2));
    await scene.run();
    scene.kafka.broker.deleteTopic(DLQ);
    scene.kafka.broker.createTopic(DLQ, 2);
    await scene.letters(0, named(2, 10));
    await scene.run();
    expect(scene.replayed().sort()).toEqual(['v0', 'v1', 'v10', 'v11']);
  });

  it('is not gone on with on a dead-letter topic that was recreated', async () => {
    await scene.letters(0, named(4));
    const control = new AbortController();
    await scene.run({ control, batchLetters: 2, onProgress: ({ tally }) => tally.sentCount === 2 && control.abort() });
    scene.kafka.broker.deleteTopic(DLQ);
    scene.kafka.broker.createTopic(DLQ, 2);
    await scene.letters(0, named(4, 10));
    await expect(scene.run({ choose: resume })).rejects.toThrow(
      /cannot go on: the topic .* was recreated since, and its letters are others; start a new replay/,
    );
    expect((await scene.run()).tally.sentCount).toBe(4);
  });

  it('ends after so many, also when it was interrupted in between', async () => {
    await scene.letters(0, named(9));
    const control = new AbortController();
    const run = { selection: { limit: 5 } };
    const first = await scene.run({
      ...{ run, control, batchLetters: 2 },
      onProgress: ({ tally }) => tally.sentCount === 2 && control.abort(),
    });
    expect([first.kind, scene.replayed().length]).toEqual(['interrupted', 2]);
    const { kind, sentBefore, tally } = await scene.run({ choose: resume, batchLetters: 2 });
    expect([kind, sentBefore, tally.sentCount, scene.replayed().length]).toEqual(['done', 2, 3, 5]);
  });

  it.each<[why: string, LetterParts, RunParts]>([
    ['max-replays', letter('v', { headers: [['dlq.replay-count', '3']] }), {}],
    ['another-app', letter('v'), { rules: { appId: 'other' } }],
    ['unknown-topic', letter('v', { topic: 'HR_EVENT_TOPIC' }), {}],
    ['unknown-partition', letter('v', { partition: 7 }), {}],
    ['too-large-for-topic', letter('', { value: randomBytes(2000) }), { rules: small() }],
    ['origin-gone', letter('v', { partition: 0, offset: 5, more: cutOf(Buffer.from('whole')) }), {}],
  ])('leaves a letter and counts it: %s', async (why, left, parts) => {
    await scene.letters(0, [left]);
    const { kind, tally } = await scene.run(parts);
    expect([kind, [...tally.leftCounts], scene.replayed()]).toEqual(['done', [[why, 1]], []]);
    // Nothing says that it is done.
    expect((await scene.run(parts)).tally.leftCounts.get('already-replayed')).toBeUndefined();
  });

  it('compresses what its topic takes no other way', async () => {
    const value = Buffer.alloc(9000, 'a');
    await scene.letters(0, [letter('', { value })]);
    await scene.run({ rules: small() });
    expect(scene.committed(TASKS, 1)[0]?.value?.equals(value)).toBe(true);
  });

  it('reads a letter that was cut again where it came from, if that is still it', async () => {
    const whole = Buffer.alloc(5000, 'w');
    const record = (value: Buffer): OutboundRecord => ({
      ...{ topic: TASKS, partition: 0, key: Buffer.from('k'), value },
      headers: RecordHeaders.of([['trace', 't']]),
    });
    await scene.write([record(whole), record(Buffer.from('another'))]);
    const cut = (offset: number): LetterParts =>
      letter('ww', { partition: 0, offset, key: null, more: cutOf(whole), cause: { reason: 'too-large' } });
    await scene.letters(0, [cut(0), cut(1)]);
    const { tally } = await scene.run();
    expect([tally.sentCount, [...tally.leftCounts]]).toEqual([1, [['origin-differs', 1]]]);
    const replayed = scene.committed(TASKS, 0).at(-1)!;
    expect(replayed.value!.equals(whole)).toBe(true);
    expect(String(replayed.key)).toBe('k');
    expect([...replayed.headers].map(([name]) => name)).toEqual(['trace', 'dlq.replay-count', 'dlq.replayed-from']);
  });

  it('leaves a letter that was cut where its topic was recreated and ends just there', async () => {
    await scene.letters(0, [letter('ww', { partition: 0, offset: 0, more: cutOf(Buffer.alloc(50)) }), letter('good')]);
    const { tally } = await scene.run();
    expect([tally.sentCount, [...tally.leftCounts]]).toEqual([1, [['origin-gone', 1]]]);
  });

  it('names the origin that it may not read, and sends first what it has gathered', async () => {
    const whole = Buffer.alloc(50, 'w');
    await scene.write([{ topic: TASKS, partition: 0, key: null, value: whole }]);
    await scene.letters(0, [letter('good'), letter('ww', { partition: 0, offset: 0, more: cutOf(whole) })]);
    scene.kafka.broker.faults.refuse = (api, place) =>
      api === 'Fetch' && place === `${TASKS}/0` ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : 0;
    await expect(scene.run()).rejects.toThrow(
      `${TASKS}-0@0, where the dead letter 0:1 came from, cannot be read: the right Read on ${TASKS} is missing`,
    );
    expect(scene.committed(TASKS, 1).map(({ value }) => String(value))).toEqual(['good']);
  });

  it('replays the records of a batch that can be read now, all of them in one transaction', async () => {
    const timestamp = Date.now() - 5000;
    const record = (value: string): OutboundRecord => ({
      ...{ topic: TASKS, partition: 0, key: null, value: Buffer.from(value), timestamp },
    });
    await scene.write([record('a'), record('b')]);
    const defect = { kind: 'unreadable-batch', lastOffset: 1, codec: 'zstd', bytes: 99, message: 'm' } as const;
    const batch = (parts: LetterParts): LetterParts => ({
      ...{ partition: 0, offset: 0, key: null, value: null, defect, timestamp, cause: { reason: 'unreadable-batch' } },
      ...parts,
    });
    await scene.letters(0, [batch({}), batch({ timestamp: timestamp - 1 })]);
    const { tally } = await scene.run();
    expect([tally.sentCount, [...tally.leftCounts]]).toEqual([1, [['origin-differs', 1]]]);
    expect(scene.replayed()).toEqual(['a', 'b', 'a', 'b']);
  });

  it('ends the one that runs already, and neither sends anything twice', async () => {
    await scene.letters(0, named(6));
    let second: Promise<unknown> | undefined;
    const first = scene.run({
      ...{ batchLetters: 2 },
      onProgress: ({ tally }) => void (tally.sentCount === 2 && (second ??= scene.run())),
    });
    await expect(first).rejects.toThrow('another replay or import of this APP_ID has begun meanwhile');
    await second;
    expect(scene.replayed().sort()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5']);
  });

  it.each([
    [ErrorCode.TOPIC_AUTHORIZATION_FAILED, `${TASKS} does not take the records, and none of this batch was sent`],
    [
      ErrorCode.MESSAGE_TOO_LARGE,
      `a record is larger than ${TASKS} takes, whose max.message.bytes could not be asked for`,
    ],
  ])('says which topic refuses its records (%i), and goes on once it does not', async (code, message) => {
    await scene.letters(0, named(4));
    scene.kafka.broker.faults.refuse = (api, place) => (api === 'Produce' && place === `${TASKS}/1` ? code : 0);
    await expect(scene.run()).rejects.toThrow(message);
    expect(scene.replayed()).toEqual([]);
    scene.kafka.broker.faults.refuse = () => 0;
    await scene.run({ choose: resume });
    expect(scene.replayed().sort()).toEqual(['v0', 'v1', 'v2', 'v3']);
  });

  it('refuses to guess what a record of its topic means that it cannot read', async () => {
    await scene.write([{ topic: NAMES.replays, partition: 0, key: null, value: Buffer.from('{"kind":"newer"}') }]);
    await expect(scene.run()).rejects.toThrow(
      `${NAMES.replays}-0@0 is no record of a replay that this version can read`,
    );
  });

  it('says what to do where its topic has lost how a run began', async () => {
    const done = { kind: 'done', run: 'r', letters: { 0: '1' } };
    await scene.write([{ topic: NAMES.replays, partition: 0, key: null, value: Buffer.from(JSON.stringify(done)) }]);
    await expect(scene.run()).rejects.toThrow(
      `${NAMES.replays}-0@0 is of the run r, which never began: records of the topic were deleted. Delete the topic to forget what was replayed (each letter can then be replayed once more, so select those that were not), and have it keep all: retention.ms=-1`,
    );
  });

  it('sends each letter exactly once, wherever its processes die', { timeout: 60_000 }, async () => {
    const deaths = fc.array(fc.record({ request: fc.integer({ min: 1, max: 80 }), isServed: fc.boolean() }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(deaths, fc.integer({ min: 1, max: 12 }), fc.boolean(), async (all, count, resumes) => {
        const one = new ReplayScene();
        await one.letters(0, named(Math.ceil(count / 2)), named(Math.floor(count / 2), 100));
        await one.letters(1, named(count, 200));
        const expected = one
          .committed(DLQ, 0)
          .concat(one.committed(DLQ, 1))
          .map(({ value }) => String(value));
        for (const death of [...all, undefined]) await life(one, death, resumes);
        expect(one.replayed().sort()).toEqual(expected.sort());
        await one.close();
      }),
      { numRuns: 60 },
    );
  });
});

/** One process: resumes the last run if there is one to be resumed, else begins another. */
async function life(one: ReplayScene, death: Death | undefined, resumes: boolean): Promise<void> {
  const choose: RunParts['choose'] = (last) =>
    resumes && last && !last.end
      ? last
      : { verb: 'replay', user: 'an', host: 'h', selection: {}, maxReplays: 3, again: false };
  const done = one.run({ death, choose, batchLetters: 3 });
  await (death === undefined ? done : done.catch(() => undefined));
}

function small(): NonNullable<RunParts['rules']> {
  const destinations = new Map([[TASKS, { partitions: 2, maxBytes: 600, oldestMs: Infinity }]]);
  return { destinations };
}
