/** A source partition as segments name it: by its topic's place in SOURCE_TOPICS, which is why that list is only ever appended to. */
import { FatalError } from '../../common/errors.js';
import { parseSourceName, SOURCE_TOPICS, sourcePartition } from '../../common/record.js';

/** Bits of the partition in a number, beside the topic's index. */
const PARTITION_BITS = 24;
const PARTITION_MASK = (1 << PARTITION_BITS) - 1;
const numbers = new Map<string, number>();

/** Throws FatalError for a source that this version does not know. */
export function sourceNumber(name: string): number {
  let number = numbers.get(name);
  if (number === undefined) numbers.set(name, (number = numberOf(name)));
  return number;
}

function numberOf(name: string): number {
  const source = parseSourceName(name);
  if (!source) throw new FatalError(`the changelog names a source ${name} that this version does not know`);
  return SOURCE_TOPICS.indexOf(source.topic) * (PARTITION_MASK + 1) + source.partition;
}

export function sourceName(number: number): string {
  return sourcePartition(SOURCE_TOPICS[number >>> PARTITION_BITS]!, number & PARTITION_MASK).name;
}
