/** Whether a dead letter is what the contract says: the original, whole or cut, and what it says of itself behind it. */
import type { OracleRecord } from '../../dev/oracle/read-committed.js';
import type { RawRecord } from './wire/batch.js';
import { headOf, lengthOf, sha256Of, type Content } from './wire/pieces.js';

/** What must become of a record: one dead letter with one of these reasons. */
export interface Dead {
  readonly kind: 'dead';
  readonly reasons: readonly string[];
  /** Whether it must be cut; undefined when that depends on how well it is compressed. */
  readonly isCut?: boolean;
}

/** What it says of itself: behind the original's headers, so the last of a name counts. */
function saidBy({ headers }: OracleRecord): Map<string, string> {
  return new Map(headers.map(([name, value]) => [name, value?.toString() ?? '<null>']));
}

/** topic-partition@offset */
export function originOf(letter: OracleRecord): string {
  const said = saidBy(letter);
  const header = (name: string): string => said.get(`__streams.errors.${name}`) ?? '?';
  return `${header('topic')}-${header('partition')}@${header('offset')}`;
}

/** Its reason, in words. */
export function summaryOf(letter: OracleRecord): string {
  const said = saidBy(letter);
  return `${said.get('dlq.reason')}: ${said.get('__streams.errors.message')}`;
}

/** What is wrong with the dead letter of this record, in words; none when it is as it should be. */
export function letterFaults(
  letter: OracleRecord | undefined,
  original: RawRecord,
  { reasons, isCut }: Dead,
): string[] {
  if (!letter) return [`there is none, expected one with the reason ${reasons.join(' or ')}`];
  const said = saidBy(letter);
  const truncated = said.get('dlq.truncated');
  return [
    ...faultIf(!reasons.includes(said.get('dlq.reason') ?? ''), `its reason is ${summaryOf(letter)}`),
    ...faultIf(!/\S/.test(said.get('__streams.errors.message') ?? ''), 'it has no message'),
    ...faultIf(isCut !== undefined && isCut !== (truncated === 'true'), `it says that it was cut: ${truncated}`),
    ...(truncated === 'true' ? cutFaults(letter, original, said) : wholeFaults(letter, original)),
  ];
}

/** The same of a batch that nobody can unpack: where it begins and ends, and what it was. */
export function unreadableFaults(letter: OracleRecord | undefined, last: number, codec: string): string[] {
  if (!letter) return ['there is none for the batch'];
  const said = saidBy(letter);
  const stated = ['dlq.reason', 'dlq.batch-last-offset', 'dlq.batch-codec'].map((name) => said.get(name));
  const expected = ['unreadable-batch', String(last), codec];
  return [
    ...faultIf(stated.join() !== expected.join(), `it says ${stated.join()}, expected ${expected.join()}`),
    ...faultIf(!/^\d+$/.test(said.get('dlq.batch-bytes') ?? ''), `it says ${said.get('dlq.batch-bytes')} bytes`),
    ...faultIf(letter.key !== null || letter.value !== null, 'it has a key or a value'),
  ];
}

function wholeFaults(letter: OracleRecord, original: RawRecord): string[] {
  return [
    ...faultIf(!equals(letter.value, original.value), 'its value is not the original'),
    ...faultIf(!equals(letter.key, original.key), 'its key is not the original'),
    ...headerFaults(letter, original),
  ];
}

/** A prefix of the value goes first, then the value, the key, the headers. */
function cutFaults(letter: OracleRecord, original: RawRecord, said: Map<string, string>): string[] {
  const { key, value } = letter;
  const whole = original.value ?? '';
  const isPrefix = value === null || headOf(whole, value.length).equals(value);
  return [
    ...faultIf(
      said.get('dlq.original-bytes') !== String(lengthOf(whole)),
      `of ${said.get('dlq.original-bytes')} bytes`,
    ),
    ...faultIf(said.get('dlq.sha256') !== sha256Of(whole), `sha256 is ${said.get('dlq.sha256')}`),
    ...faultIf(!isPrefix, 'its value is no prefix of the original'),
    ...faultIf(value !== null && !equals(key, original.key), 'its key went before its value'),
  ];
}

/** In their order, repeats and nulls too, before ours. */
function headerFaults({ headers }: OracleRecord, { headers: original }: RawRecord): string[] {
  if (!original) return [];
  const ours = headers.slice(original.count);
  const pairs = original.pairs?.map(([name, value]) => [name.toString(), value?.toString() ?? null]) ?? [];
  const found = headers.slice(0, pairs.length).map(([name, value]) => [name, value?.toString() ?? null]);
  const isOurs = ours.length > 0 && ours.every(([name]) => /^(__streams\.errors|dlq)\./.test(name));
  return [
    ...faultIf(
      !isOurs,
      `behind ${original.count} headers it has ${ours
        .slice(0, 3)
        .map(([name]) => name)
        .join()}`,
    ),
    ...faultIf(JSON.stringify(found) !== JSON.stringify(pairs), `headers ${JSON.stringify(found).slice(0, 1000)}`),
  ];
}

function faultIf(isWrong: boolean, what: string): string[] {
  return isWrong ? [what] : [];
}

function equals(bytes: Buffer | null, content: Content | null): boolean {
  if (bytes === null || content === null) return bytes === content;
  return bytes.length === lengthOf(content) && headOf(content, bytes.length).equals(bytes);
}
