/** Offsets as the Java admin client sees them. */
import { askOracle, type OracleOptions } from './run-oracle.js';

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** The last stable offset of each partition: where a read_committed reader would stop now. */
export function endOffsets(
  options: OracleOptions & { readonly topics: readonly string[] },
): Promise<PartitionOffset[]> {
  return offsets(options, 'ends', options.topics);
}

/** The end of each partition of the topics with the prefix, whatever is still open before it. */
export function logEnds(options: OracleOptions & { readonly prefix: string }): Promise<PartitionOffset[]> {
  return offsets(options, 'log-ends', [options.prefix]);
}

/** The committed offsets of a consumer group; empty when it has none. */
export function committedOffsets(options: OracleOptions & { readonly group: string }): Promise<PartitionOffset[]> {
  return offsets(options, 'committed', [options.group]);
}

async function offsets(
  options: OracleOptions,
  about: 'ends' | 'log-ends' | 'committed',
  names: readonly string[],
): Promise<PartitionOffset[]> {
  const found: PartitionOffset[] = [];
  const onLine = (line: string): void => {
    const raw = JSON.parse(line) as { topic: string; partition: number; offset: string };
    found.push({ topic: raw.topic, partition: raw.partition, offset: BigInt(raw.offset) });
  };
  await askOracle(options, { about, names, onLine });
  return found.sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
}
