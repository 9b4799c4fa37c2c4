/** Whether the stored user directory is of its topic: one case a row of the table in directory-fit.ts. */
import { describe, expect, it } from 'vitest';
import { directoryFit, type DirectoryStand, type DirectoryStore } from '../../../../topology/feeds/directory-fit.js';
import { FatalError } from '../../../../common/errors.js';

const [THIS, OTHER] = ['id-this', 'id-other'];

const topic = (ends: readonly number[], topicId: string | undefined, holds = true): DirectoryStand => ({
  topic: 'users',
  topicId,
  ends,
  holdsRecords: () => Promise.resolve(holds),
});
const store = (positions: readonly number[], topicId?: string, size = 3): DirectoryStore => ({
  size,
  topicId,
  position: (partition) => positions[partition],
});

describe('a stored user directory beside its topic', () => {
  it.each<[string, DirectoryStore, DirectoryStand, string]>([
    ['within: read on', store([4, 5], THIS), topic([4, 9], THIS), 'read-on'],
    ['within, no ids known', store([4, 5]), topic([4, 9], undefined), 'read-on'],
    ['within, written before the brokers knew ids', store([4, 5]), topic([4, 9], THIS), 'read-on'],
    ['no users', store([], undefined, 0), topic([0, 0], THIS, false), 'read-on'],
    ['no users, positions of another topic', store([4], OTHER, 0), topic([0], THIS, false), 'wipe'],
    ['of another topic, in range', store([4, 5], OTHER), topic([4, 9], THIS), 'wipe'],
    ['beyond the end, no ids known', store([9, 5]), topic([4, 9], undefined), 'wipe'],
    ['beyond the end of the same topic', store([9, 5], THIS), topic([4, 9], THIS), 'read-again'],
  ])('%s', async (_, store, beside, then) => {
    expect(await directoryFit(store, beside)).toBe(then);
  });

  it.each<[string, DirectoryStore, DirectoryStand]>([
    ['another topic, which is empty', store([4, 5], OTHER), topic([0, 0], THIS, false)],
    ['the same topic, emptied', store([4, 5], THIS), topic([0, 0], THIS, false)],
    ['an empty topic, no ids known', store([4, 5]), topic([0, 0], undefined, false)],
  ])('stops the worker beside %s: it may be the only good copy', async (_, store, beside) => {
    const refused = await directoryFit(store, beside).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FatalError);
    expect(String(refused)).toMatch(/knows 3 users.*state reseed.*remove STATE_DIR/);
  });
});
