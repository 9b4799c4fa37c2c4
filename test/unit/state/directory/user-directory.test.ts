import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaces, type DirectoryEntry } from '../../../../state/directory/directory-entry.js';
import { UserDirectory } from '../../../../state/directory/user-directory.js';
import { StoreDamagedError } from '../../../../common/errors.js';
import { writeAtomically } from '../../../../state/lmdb/environment.js';
import { temporaryState } from '../temporary-state.js';

/** No entry of these tests is ahead of it. */
const CLOCK = 2 ** 62;

const entry = (parts: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  tenantId: 1n,
  userId: 7n,
  timestamp: 1000n,
  eventId: 'e1',
  deleted: false,
  email: 'a@example.com',
  fullName: null,
  locale: 'de',
  timeZone: null,
  deviceTokens: ['t1'],
  mutedChannels: [],
  ...parts,
});

describe('UserDirectory', () => {
  it('knows nobody at first', () => {
    const directory = new UserDirectory(temporaryState().environment);
    expect(directory.get(1n, 7n)).toBeUndefined();
    expect(directory.size).toBe(0);
    expect(directory.position(0)).toBeUndefined();
  });

  it('gives back an entry with every field, after a restart too, over the whole range of ids', async () => {
    const state = temporaryState();
    const users = [
      entry(),
      entry({
        tenantId: 2n ** 63n - 1n,
        userId: -(2n ** 63n),
        timestamp: 2n ** 62n,
        deleted: true,
        email: null,
        deviceTokens: [],
        mutedChannels: ['PUSH'],
      }),
    ];
    await new UserDirectory(state.environment).apply(2, users, 41, CLOCK);
    const reopened = new UserDirectory(await state.reopen());
    expect(users.map(({ tenantId, userId }) => reopened.get(tenantId, userId))).toEqual(users);
    expect(reopened.position(2)).toBe(41);
    expect(reopened.position(0)).toBeUndefined();
    expect(reopened.size).toBe(2);
  });

  it('learns of a user whom it was asked about before', async () => {
    const directory = new UserDirectory(temporaryState().environment);
    expect(directory.get(1n, 7n)).toBeUndefined();
    await directory.apply(0, [entry()], 1, CLOCK);
    expect(directory.get(1n, 7n)).toEqual(entry());
  });

  it('ends with the newest of each user, of one time the last, in whatever order and pieces they come, once or twice', async () => {
    const { environment } = temporaryState();
    const directory = new UserDirectory(environment);
    const versions = fc.uniqueArray(
      fc.record({
        userId: fc.bigInt({ min: 1n, max: 3n }),
        timestamp: fc.bigInt({ min: 0n, max: 3n }),
        eventId: fc.constantFrom('a', 'b', 'c', 'ä'),
      }),
      {
        minLength: 1,
        maxLength: 12,
        selector: ({ userId, timestamp, eventId }) => `${userId}/${timestamp}/${eventId}`,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        versions.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray(list, { minLength: list.length }),
            fc.integer({ min: 1, max: 5 }),
          ),
        ),
        async ([list, shuffled, piece]) => {
          await directory.wipe();
          const entries = [...shuffled, ...list].map((version) =>
            entry({ ...version, email: `${version.timestamp}${version.eventId}@example.com` }),
          );
          for (let at = 0; at < entries.length; at += piece)
            await directory.apply(0, entries.slice(at, at + piece), at + piece, CLOCK);
          for (const userId of new Set(list.map((version) => version.userId))) {
            const newest = entries
              .filter((version) => version.userId === userId)
              .reduce((a, b) => (b.timestamp >= a.timestamp ? b : a));
            expect(directory.get(1n, userId)).toMatchObject(newest);
          }
          expect(directory.size).toBe(new Set(list.map(({ userId }) => userId)).size);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps the dated marker of a deletion against an older update', async () => {
    const directory = new UserDirectory(temporaryState().environment);
    await directory.apply(0, [entry({ timestamp: 5n, deleted: true, email: null })], 1, CLOCK);
    await directory.apply(0, [entry({ timestamp: 4n })], 2, CLOCK);
    expect(directory.get(1n, 7n)).toMatchObject({ deleted: true, email: null });
    expect(directory.position(0)).toBe(2);
  });

  it('gives up an entry from after the clock for any that comes', async () => {
    const clock = 1_700_000_000_000;
    const directory = new UserDirectory(temporaryState().environment);
    const micros = entry({ timestamp: 1_700_000_000_000_000n, email: 'pinned@example.com' });
    await directory.apply(0, [micros], 1, clock);
    await directory.apply(0, [entry({ timestamp: 1_699_000_000_000n })], 2, clock);
    expect(directory.get(1n, 7n)?.email).toBe('a@example.com');
  });

  it('has forgotten everything after a wipe', async () => {
    const state = temporaryState();
    const directory = new UserDirectory(state.environment);
    await directory.apply(0, [entry()], 9, CLOCK);
    await directory.wipe();
    for (const open of [() => directory, async () => new UserDirectory(await state.reopen())]) {
      const each = await open();
      expect(each.get(1n, 7n)).toBeUndefined();
      expect(each.position(0)).toBeUndefined();
      expect(each.size).toBe(0);
    }
  });
});

describe('whether an entry replaces another', () => {
  const clock = 1_700_000_000_000;
  const at = (timestamp: number): { timestamp: bigint } => ({ timestamp: BigInt(timestamp) });

  it('is a matter of their timestamps, and of equal ones the later wins', () => {
    expect([at(4), at(5), at(6)].map((entry) => replaces(entry, at(5), clock))).toEqual([false, true, true]);
  });

  it('is not asked of one that is more than an hour ahead of the clock', () => {
    expect(replaces(at(5), at(clock + 3_600_000), clock)).toBe(false);
    expect(replaces(at(5), at(clock + 3_600_001), clock)).toBe(true);
  });
});

describe('the store', () => {
  it('keeps its users when the topic is followed from the start, but not the positions', async () => {
    const state = temporaryState();
    const directory = new UserDirectory(state.environment);
    await directory.follow('first', false);
    await directory.apply(0, [entry()], 9, CLOCK);
    await directory.follow('second', true);
    const again = new UserDirectory(state.environment);
    expect([again.size, again.topicId, again.position(0)]).toEqual([1, 'second', undefined]);
  });

  it('gives every entry back, so that the topic can be written again', async () => {
    const directory = new UserDirectory(temporaryState().environment);
    const users = [entry(), entry({ userId: -5n, deleted: true, email: null })];
    await directory.follow('id', false);
    await directory.apply(3, users, 9, CLOCK);
    expect([...directory.entries()].sort((a, b) => Number(b.userId - a.userId))).toEqual(users);
  });

  it('takes a damaged entry for what it is, and an older format', async () => {
    const { environment } = temporaryState();
    const table = environment.table('user-directory');
    const user = Buffer.concat([Buffer.from([1]), Buffer.from('00000000000000010000000000000009', 'hex')]);
    await writeAtomically(table, (batch) => batch.put(user, Buffer.from('{"email":"someone else"}')));
    expect(() => new UserDirectory(environment).get(1n, 9n)).toThrow(StoreDamagedError);
    await writeAtomically(table, (batch) => batch.put(Buffer.from([2]), Buffer.from('{"format":1}')));
    expect(() => new UserDirectory(environment)).toThrow('has the old format 1');
  });

  it('is not opened when its format is newer, and is left as it is', async () => {
    const { environment } = temporaryState();
    const newer = Buffer.from(JSON.stringify({ format: 3, topicId: 'id', users: 'elsewhere' }));
    await writeAtomically(environment.table('user-directory'), (batch) => batch.put(Buffer.from([2]), newer));
    expect(() => new UserDirectory(environment)).toThrow(
      'the store of the user directory has format 3, this version reads 2: run the version that wrote it, or a newer one',
    );
    expect(environment.table('user-directory').get(Buffer.from([2]))).toEqual(newer);
  });
});
