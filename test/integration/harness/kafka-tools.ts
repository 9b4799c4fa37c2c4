/** Kafka's own command-line tools, for what an operator would ask. */
import { runKafkaTool } from './run-kafka-tool.js';
import { testStack } from './test-stack.js';

/** The state of each transactional id with the prefix, as `kafka-transactions list` has it: CompleteCommit, Ongoing, ... */
export async function transactionStates(prefix: string): Promise<Map<string, string>> {
  const lines = await kafkaTool('TransactionsCommand', ['list']);
  const rows = lines.map((line) => line.trim().split(/\s+/)).filter(([id]) => id?.startsWith(prefix));
  return new Map(rows.map((columns) => [columns[0]!, columns.at(-1)!]));
}

/** The last offset of each partition of the topics with the prefix, whatever is still open before it. */
export async function logEnds(prefix: string): Promise<Map<string, bigint>> {
  const lines = await kafkaTool('GetOffsetShell', ['--topic', `${prefix.replaceAll('.', '\\.')}.*`]);
  return new Map(
    lines.map((line) => {
      const [topic, partition, offset] = line.split(':');
      return [`${topic}-${partition}`, BigInt(offset!)];
    }),
  );
}

function kafkaTool(name: string, args: readonly string[]): Promise<string[]> {
  return runKafkaTool(testStack().kafkaBrokers, name, args);
}
