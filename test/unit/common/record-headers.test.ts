import { expect, it } from 'vitest';
import { RecordHeaders } from '../../../common/record-headers.js';

const ALL = RecordHeaders.of([
  ['a', '1'],
  ['b', null],
  ['a', '2'],
  ['', 'x'],
]);
const textOf = (headers: RecordHeaders): string[] => [...headers].map(([name, value]) => `${name}=${String(value)}`);

it('the first headers are those, byte for byte', () => {
  expect(textOf(ALL.first(2))).toEqual(['a=1', 'b=null']);
  expect(ALL.first(4).bytes).toEqual(ALL.bytes);
  expect(ALL.first(0)).toBe(RecordHeaders.NONE);
});

it('headers without a name are the others, byte for byte', () => {
  expect(textOf(ALL.without('a'))).toEqual(['b=null', '=x']);
  expect(textOf(ALL.without('a', 'b'))).toEqual(['=x']);
  expect(ALL.without('c')).toBe(ALL);
  expect(RecordHeaders.of([['a', null]]).without('a')).toBe(RecordHeaders.NONE);
});
