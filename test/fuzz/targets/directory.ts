/** The user directory's entries, through the store and back: the newest of each user, as it was, or the store is damaged. */
import fc from 'fast-check';
import type { DirectoryEntry } from '../../../state/directory/directory-entry.js';
import type { StateEnvironment } from '../../../state/lmdb/environment.js';
import type { Batch } from '../../../state/lmdb/table.js';
import { UserDirectory } from '../../../state/directory/user-directory.js';
import { StoreDamagedError } from '../../../common/errors.js';
import { BORDER_NAMES, BORDER_NUMBERS, texts } from '../borders.js';
import { byteEdits, editBytes, type ByteEdit } from '../edit-bytes.js';
import { attempt, attemptLater, isSame, law, type Target } from '../target.js';

type DirectoryInput = {
  readonly entries: readonly { readonly [field: string]: string | boolean | null | readonly string[] }[];
  /** Made to what is stored last. */
  readonly damage: readonly (ByteEdit & { readonly [field: string]: string | number })[];
};

const int64 = fc
  .constantFrom(...BORDER_NUMBERS.filter((value) => value >= -(2n ** 63n) && value < 2n ** 63n))
  .map(String);
const text = fc.oneof(texts('a@b.test ¦  ¦ Écrire 🎉 ¦ "\\ ¦ vi-VN'), fc.constantFrom(...BORDER_NAMES.slice(0, -1)));
const textOrNull: fc.Arbitrary<string | null> = fc.option(text);

const entry = fc.record({
  tenantId: fc.oneof(fc.constant('1'), int64),
  userId: fc.oneof(fc.constant('7'), int64),
  timestamp: int64,
  eventId: text,
  deleted: fc.boolean(),
  email: textOrNull,
  fullName: textOrNull,
  locale: textOrNull,
  timeZone: textOrNull,
  deviceTokens: fc.array(text, { maxLength: 3 }),
  mutedChannels: fc.array(text, { maxLength: 2 }),
});

/** An environment of one table, in memory. */
function environmentOf(stored: Map<string, Buffer>): StateEnvironment {
  const range = ({ start, end }: { start?: Buffer; end?: Buffer } = {}) =>
    [...stored]
      .filter(([key]) => key >= (start?.toString('latin1') ?? '') && (!end || key < end.toString('latin1')))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key: Buffer.from(key, 'latin1'), value }));
  const table = {
    get: (key: Buffer) => stored.get(key.toString('latin1')),
    getRange: range,
    keys: () => range().map(({ key }) => key),
    count: (within: object) => range(within).length,
    write: ({ steps }: Batch) => {
      for (const [key, value] of steps)
        if (value) stored.set(key.toString('latin1'), Buffer.from(value));
        else stored.delete(key.toString('latin1'));
      return Promise.resolve();
    },
  };
  const environment = { table: () => table, damaged: (why: string) => new StoreDamagedError(why) };
  return environment as unknown as StateEnvironment;
}

export const directory: Target<DirectoryInput> = {
  name: 'directory',
  inputs: fc.record({
    // With equal times either may win: which, the contract's own test says.
    entries: fc.uniqueArray(entry, { minLength: 1, maxLength: 5, selector: ({ timestamp }) => timestamp }),
    damage: byteEdits as fc.Arbitrary<DirectoryInput['damage']>,
  }),
  async play({ entries: given, damage }) {
    const entries = given.map((fields) => {
      const [tenantId, userId, timestamp] = [fields['tenantId'], fields['userId'], fields['timestamp']].map((each) =>
        BigInt(each as string),
      );
      return { ...fields, tenantId, userId, timestamp } as unknown as DirectoryEntry;
    });
    const stored = new Map<string, Buffer>();
    const written = new UserDirectory(environmentOf(stored));
    for (const [offset, each] of entries.entries()) await written.apply(0, [each], offset + 1, 2 ** 63);
    const newest = new Map<string, DirectoryEntry>();
    for (const each of [...entries].sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)))
      newest.set(`${each.tenantId}|${each.userId}`, each);
    // Another, so that nothing of it is remembered.
    const read = new UserDirectory(environmentOf(stored));
    law(read.size === newest.size && read.position(0) === entries.length, 'counts its users and knows its position');
    for (const each of newest.values())
      law(isSame(read.get(each.tenantId, each.userId), each), 'gives back what it was given', () => each.eventId);
    const [key, value] = [...stored].at(-1)!;
    const damaged = editBytes(value, damage);
    if (key.startsWith('\u0000') || damaged.equals(value)) return 'read';
    stored.set(key, damaged);
    const again = await attemptLater([StoreDamagedError], () =>
      Promise.resolve([...new UserDirectory(environmentOf(stored)).entries()]),
    );
    law(again instanceof Error, 'takes nothing that is damaged');
    law(attempt([StoreDamagedError], () => [...read.entries()]) instanceof Error, 'finds damage whenever it reads');
    return 'refused: damaged';
  },
};
