/** The command of Kafka's own tool that grants a right. */
import type { Grant } from './rights.js';

/** What is granted, whoever needs it. */
type Granted = Pick<Grant, 'kind' | 'names' | 'isPrefix' | 'operations'>;

const WIDTH = 100;
/** What a shell takes as it stands. */
const PLAIN = /^[\w@%+=:,./-]+$/;
const FLAGS: Readonly<Record<Grant['kind'], string>> = {
  topic: '--topic',
  group: '--group',
  'transactional id': '--transactional-id',
  cluster: '--cluster',
};

/** Arguments of `kafka-acls`, flag and value together. `brokers`: KAFKA_BROKERS. */
function aclArguments(
  { kind, names, isPrefix, operations }: Granted,
  principal: string,
  brokers: string,
): readonly (readonly string[])[] {
  return [
    ['--bootstrap-server', brokers],
    ['--add'],
    ['--allow-principal', principal],
    ...operations.map((operation) => ['--operation', operation]),
    ...(isPrefix ? [['--resource-pattern-type', 'prefixed']] : []),
    ...(kind === 'cluster' ? [[FLAGS.cluster]] : names.map((name) => [FLAGS[kind], name])),
  ];
}

/** As lines to be typed, no wider than a terminal where that can be. */
export function aclCommand(grant: Granted, principal: string, brokers: string): string[] {
  const lines = ['kafka-acls'];
  for (const words of aclArguments(grant, principal, brokers)) {
    const piece = words.map(quoted).join(' ');
    const line = lines.at(-1)!;
    if (line.length + piece.length + 3 <= WIDTH) lines[lines.length - 1] = `${line} ${piece}`;
    else lines.push(`  ${piece}`);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** What `doctor --acls` prints: the commands of each role. */
export function aclLines(
  roles: readonly Grant['role'][],
  grants: readonly Grant[],
  principal: string,
  brokers: string,
): string[] {
  return roles.flatMap((role) => [
    `# ${role}`,
    ...grants
      .filter((grant) => grant.role === role)
      .flatMap((grant) => {
        const command = aclCommand(grant, principal, brokers);
        if (grant.before === undefined) return command;
        return [`# with brokers before ${grant.before} only:`, ...command.map((line) => `# ${line}`)];
      }),
  ]);
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
