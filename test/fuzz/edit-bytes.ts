/** Edits of bytes that know nothing of what they mean. */
import fc from 'fast-check';

export interface ByteEdit {
  readonly kind: 'set' | 'flip' | 'insert' | 'drop' | 'copy' | 'cut';
  readonly at: number;
  readonly size: number;
  readonly byte: number;
}

const edit: fc.Arbitrary<ByteEdit> = fc.record({
  kind: fc.constantFrom('set', 'flip', 'insert', 'drop', 'copy', 'cut'),
  at: fc.nat(),
  size: fc.integer({ min: 1, max: 16 }),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
});

/** Mostly none: what the structure's edits made must be seen as well. */
export const byteEdits: fc.Arbitrary<readonly ByteEdit[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(edit, { maxLength: 3 }) },
);

export function editBytes(bytes: Buffer, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce<Buffer>((given, { kind, at: anywhere, size, byte }) => {
    const at = given.length === 0 ? 0 : anywhere % given.length;
    const [before, part, after] = [given.subarray(0, at), given.subarray(at, at + size), given.subarray(at + size)];
    switch (kind) {
      case 'set':
        return Buffer.concat([before, Buffer.from([byte]), given.subarray(at + 1)]);
      case 'flip':
        return Buffer.concat([before, Buffer.from([(given[at] ?? 0) ^ (1 << (byte % 8))]), given.subarray(at + 1)]);
      case 'insert':
        return Buffer.concat([before, Buffer.alloc(size, byte), part, after]);
      case 'drop':
        return Buffer.concat([before, after]);
      case 'copy':
        return Buffer.concat([before, part, part, after]);
      case 'cut':
        return before;
    }
  }, bytes);
}
