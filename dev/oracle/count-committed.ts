/** How much is committed on topics, where reading every record would be too much. */
import { askOracle, type OracleOptions } from './run-oracle.js';

export interface TopicCount {
  readonly topic: string;
  readonly records: number;
  /** Different keys: as many as records when no key is there twice. */
  readonly keys: number;
}

/** Committed records of each topic, up to the last stable offsets. */
export async function countCommitted(
  options: OracleOptions & { readonly topics: readonly string[] },
): Promise<TopicCount[]> {
  const counts: TopicCount[] = [];
  const onLine = (line: string): void => void counts.push(JSON.parse(line) as TopicCount);
  await askOracle(options, { about: 'count', names: options.topics, onLine });
  return counts;
}
