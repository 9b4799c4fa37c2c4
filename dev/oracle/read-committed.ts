/** What is committed on topics, as the Java client sees it. */
import type { PartitionOffset } from './offsets.js';
import { askOracle, followOracle, type OracleOptions } from './run-oracle.js';

export interface OracleRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In their order; a name may come more than once. */
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

export interface ReadOptions extends OracleOptions {
  readonly topics: readonly string[];
  /** Where to begin; a partition not named is read from its beginning. */
  readonly from?: readonly PartitionOffset[];
}

/** A reader that goes on. */
export interface Following {
  /** Ends the reader; resolves when it is gone. Rejects with what made it fail, if anything did. */
  stop: () => Promise<void>;
}

/**
 * Every committed record of the topics, up to the last stable offsets at the start of the call; in order within a partition.
 * @throws FatalError when a topic is missing, an offset is out of range, or the brokers do not answer.
 */
export async function readCommitted(options: ReadOptions): Promise<OracleRecord[]> {
  const records: OracleRecord[] = [];
  const onLine = (line: string): void => void records.push(parseRecord(line));
  await askOracle(options, { about: 'read', names: options.topics, from: startLines(options), onLine });
  return records;
}

/** Hands over every committed record of the topics, and those that follow, until stopped. */
export function followCommitted(options: ReadOptions, onRecord: (record: OracleRecord) => void): Following {
  const stopping = new AbortController();
  const ended = followOracle(options, {
    names: options.topics,
    from: startLines(options),
    onLine: (line) => onRecord(parseRecord(line)),
    signal: stopping.signal,
  });
  // Reported by stop(); until then a failure must not end the process.
  ended.catch(() => undefined);
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** One line of the oracle; int64 come as decimal strings, bytes as base64. */
function parseRecord(line: string): OracleRecord {
  const raw = JSON.parse(line) as RawRecord;
  return {
    topic: raw.topic,
    partition: raw.partition,
    offset: BigInt(raw.offset),
    timestamp: BigInt(raw.timestamp),
    key: bytes(raw.key),
    value: bytes(raw.value),
    headers: raw.headers.map(([name, value]) => [name, bytes(value)] as const),
  };
}

interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly timestamp: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

function bytes(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64');
}

function startLines({ from }: ReadOptions): string[] {
  return (from ?? []).map(({ topic, partition, offset }) => `${topic}\t${partition}\t${offset}`);
}
