/** What is tested with what: the versions of Node, Kafka and the registry that each line of docs/compatibility.md stands for. */

export interface Pair {
  /** A whole version, as npm has it. */
  readonly node: string;
  readonly kafka: string;
  /** Apicurio, asked through its Confluent API. */
  readonly registry: string;
  /** `stream` where the gateway's binary wants a newer glibc than Debian 12 has. */
  readonly roles: 'stream,gateway' | 'stream';
}

/** Each version of the three at least once, the newest of each together, and the oldest of each together. */
export const PAIRS: readonly Pair[] = [
  { node: '20.19.0', kafka: '3.9.1', registry: '2.6.13.Final', roles: 'stream,gateway' },
  { node: '20.20.0', kafka: '4.1.1', registry: '3.0.9', roles: 'stream,gateway' },
  { node: '20.20.0', kafka: '4.2.2', registry: '3.0.9', roles: 'stream,gateway' },
  { node: '22.22.0', kafka: '4.2.2', registry: '2.6.13.Final', roles: 'stream' },
  { node: '24.15.0', kafka: '4.2.2', registry: '3.0.9', roles: 'stream' },
];

/** What a broker, a registry or a Node could make different: transactions, groups, schemas, rights, the store. */
const STREAM_TESTS = [
  'dead-letters',
  'directory',
  'exactly-once',
  'growth',
  'locales',
  'reseed',
  'restart',
  'secured',
  'standby',
  'unknown-schemas',
  'upstream-transactions',
  'writers-schemas',
] as const;

const GATEWAY_TESTS = ['gateway', 'output'] as const;

/** Files of test/integration, without their ending. */
export function testsOf({ roles }: Pair): readonly string[] {
  return roles === 'stream' ? STREAM_TESTS : [...STREAM_TESTS, ...GATEWAY_TESTS];
}
