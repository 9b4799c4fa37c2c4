/** What the topics of our own hold: changelog records, and the directory's entries, through the store and back. */
import fc from 'fast-check';
import { decodeChangelogEntry, encodeChangelogEntry } from '../../../state/dedup/changelog-entry.js';
import { seal, unseal } from '../../../state/lmdb/sealed.js';
import { FatalError } from '../../../common/errors.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editPieces, join, number, pieceEdits, type Piece } from '../edit-pieces.js';
import { attempt, isSame, kindOf, law, type Target } from '../target.js';

type StateInput = { readonly kind: 'changelog' | 'sealed'; readonly bytes: Buffer };

const name = fc.constantFrom('TASK_EVENT_TOPIC-0', 'CRM_EVENT_TOPIC-12', '', 'é', 'x'.repeat(300));
const offset = fc.constantFrom(0, 1, 1000, 2 ** 40, Number.MAX_SAFE_INTEGER);

const text = (value: string): Piece[] => {
  const bytes = Buffer.from(value);
  return [number('int16', bytes.length), { bytes }];
};

const changelog = fc
  .record({
    sources: fc.uniqueArray(fc.tuple(name, name, offset, offset, offset), {
      maxLength: 3,
      selector: ([source]) => source,
    }),
    buckets: fc.array(fc.tuple(name, offset, fc.nat(4)), { maxLength: 3 }),
    edits: pieceEdits,
    bytes: byteEdits,
  })
  .map(({ sources, buckets, edits, bytes }): StateInput => {
    const pieces: Piece[] = [
      ...[number('int8', 0x4e), number('int8', 0x53), number('int8', 3), number('int32', sources.length)],
      ...sources.flatMap(([source, id, ...numbers]) => [
        ...text(source),
        ...text(id),
        ...numbers.map((value) => number('int64', value)),
      ]),
      number('int32', buckets.length),
      ...buckets.flatMap(([source, bucket, digests]): Piece[] => [
        ...[
          ...text(source),
          number('int64', bucket),
          number('int32', digests),
          { bytes: Buffer.alloc(16 * digests, 5) },
        ],
      ]),
    ];
    return { kind: 'changelog', bytes: editBytes(join(editPieces(pieces, edits)), bytes) };
  });

const sealed = fc
  .record({ value: fc.uint8Array({ maxLength: 40 }), bytes: byteEdits })
  .map(({ value, bytes }): StateInput => ({ kind: 'sealed', bytes: editBytes(seal(Buffer.from(value)), bytes) }));

export const state: Target<StateInput> = {
  name: 'state',
  inputs: fc.oneof({ weight: 3, arbitrary: changelog }, { weight: 1, arbitrary: sealed }),
  play({ kind, bytes }) {
    if (kind === 'sealed') {
      const value = unseal(bytes);
      law(value === undefined || seal(value).equals(bytes), 'opens what was sealed');
      return value === undefined ? 'refused: seal' : 'read: seal';
    }
    const entry = attempt([FatalError], () => decodeChangelogEntry(bytes, 'changelog-0@5'));
    if (entry instanceof Error) {
      law(entry.message.startsWith('changelog-0@5'), 'says where the record is');
      return `refused: ${kindOf(entry.message)}`;
    }
    const { positions, buckets } = entry.value;
    for (const position of positions.values())
      law(
        [position.nextOffset, position.streamTime, position.notifyFrom].every(Number.isSafeInteger),
        'holds positions that are numbers',
        () => JSON.stringify(position),
      );
    law(
      buckets.every(({ packed }) => packed.length % 16 === 0),
      'holds whole digests',
    );
    // Nothing of the record is passed over: what it says is what it is.
    const again = encodeChangelogEntry(entry.value);
    const isEmptyBucket = buckets.some(({ packed }) => packed.length === 0);
    // A name that is no UTF-8 is of no source that there is.
    const isText = ![
      ...positions.keys(),
      ...buckets.map(({ source }) => source),
      ...[...positions.values()].map(({ topicId }) => topicId ?? ''),
    ].some((each) => each.includes('\ufffd'));
    law(isEmptyBucket || again.length > 1 || !isText || again[0]!.equals(bytes), 'is written as it was read', () =>
      again[0]!.toString('base64'),
    );
    law(isEmptyBucket || isSame(decodeChangelogEntry(again[0]!, 'again'), entry.value), 'reads what it writes');
    return 'read: changelog';
  },
};
