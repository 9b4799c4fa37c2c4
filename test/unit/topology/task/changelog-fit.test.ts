/** Whether a store is of its changelog: one case a row of the table in changelog-fit.ts. */
import { describe, expect, it } from 'vitest';
import { FatalError } from '../../../../common/errors.js';
import { fitOf, type ChangelogStand, type StoreStand } from '../../../../topology/task/changelog-fit.js';

const [THIS, OTHER] = ['id-this', 'id-other'];

const changelog = (start: number, end: number, id: string | undefined = THIS): ChangelogStand => ({
  name: 'changelog-0',
  id,
  start,
  end,
  holdsRecords: () => Promise.resolve(start < end),
});
const noId = (start: number, end: number): ChangelogStand => ({ ...changelog(start, end), id: undefined });
/** Records of an aborted transaction and its marker. */
const abortedOnly = (end: number): ChangelogStand => ({
  ...changelog(0, end),
  holdsRecords: () => Promise.resolve(false),
});
const store = (changelogOffset: number, changelogId?: string): StoreStand => ({ changelogId, changelogOffset });

describe('a store beside its changelog', () => {
  it.each<[string, StoreStand | undefined, ChangelogStand, number, number]>([
    ['is empty: from the start', undefined, changelog(3, 9), 3, 0],
    ['is empty, and so is the changelog', undefined, changelog(0, 0), 0, 0],
    ['is inside: from where it stands', store(5, THIS), changelog(3, 9), 5, 0],
    ['stands at the end', store(9, THIS), changelog(3, 9), 9, 0],
    ['is before: what was between expired', store(2, THIS), changelog(3, 9), 3, 1],
    ['stands at the end of a changelog that expired whole', store(9, THIS), changelog(9, 9), 9, 0],
    ['is of brokers without ids, inside', store(5), noId(3, 9), 5, 0],
    ['was written before the brokers knew ids', store(5), changelog(3, 9), 5, 0],
    ['has an id, the brokers no longer tell one', store(5, THIS), noId(3, 9), 5, 0],
  ])('is replayed when it %s', async (_, store, beside, from, expired) => {
    expect(await fitOf(store, beside)).toEqual({ kind: 'replay', from, expired });
  });

  it.each<[string, StoreStand, ChangelogStand]>([
    ['is of another topic, inside its offsets', store(5, OTHER), changelog(3, 9)],
    ['is of another topic, before its offsets', store(2, OTHER), changelog(3, 9)],
    ['is of another topic, beyond its end', store(50, OTHER), changelog(3, 9)],
    ['is beyond the end, and no ids are known', store(50), noId(3, 9)],
  ])('is wiped when it %s, and the changelog holds records', async (_, store, beside) => {
    expect((await fitOf(store, beside)).kind).toBe('wipe');
  });

  it.each<[string, StoreStand, ChangelogStand, string]>([
    ['another topic, which is empty', store(5, OTHER), changelog(0, 0), 'state reseed'],
    ['another topic, which is empty after records expired', store(5, OTHER), changelog(7, 7), 'state reseed'],
    ['another topic, with nothing but an aborted transaction', store(5, OTHER), abortedOnly(6), 'state reseed'],
    ['the same topic, emptied by the loss of a disk', store(5, THIS), changelog(0, 0), 'state reseed'],
    ['the same topic, which lost its end', store(50, THIS), changelog(3, 9), 'kafka-delete-records'],
    ['an empty topic, and no ids are known', store(5), noId(0, 0), 'state reseed'],
  ])('stops the task, with the way out, beside %s: it may be the only good copy', async (_, store, beside, way) => {
    const refused = await fitOf(store, beside).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FatalError);
    expect(String(refused)).toContain(way);
    expect(String(refused)).toContain('remove STATE_DIR');
  });

  it('is not looked into when the offsets alone tell', async () => {
    const beside = { ...changelog(3, 9), holdsRecords: () => Promise.reject(new Error('looked')) };
    await expect(fitOf(store(5, THIS), beside)).resolves.toBeDefined();
  });
});
