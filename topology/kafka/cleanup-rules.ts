/** What `cleanup.policy` a topic must not have, and how one that has it is mended. */

export interface CleanupRule {
  /** Physical name. */
  readonly topic: string;
  readonly never: 'compact' | 'delete';
  /** What would be lost. */
  readonly cost: string;
}

/** What is wrong with the policies that the topics have; `toDo`: the command that mends it. */
export function cleanupLosses(
  rules: readonly CleanupRule[],
  policies: ReadonlyMap<string, string>,
): Readonly<Record<'found' | 'expected' | 'toDo', string>>[] {
  return rules.flatMap(({ topic, never, cost }) => {
    const policy = policies.get(topic) ?? '';
    if (!policy.split(',').includes(never)) return [];
    const right = never === 'compact' ? 'delete' : 'compact';
    const toDo = alterCommand(topic, 'cleanup.policy', right);
    return [{ found: `${topic} has cleanup.policy=${policy}: ${cost}`, expected: right, toDo }];
  });
}

/** The same, a line each. */
export function cleanupFaults(rules: readonly CleanupRule[], policies: ReadonlyMap<string, string>): string[] {
  return cleanupLosses(rules, policies).map(
    ({ found, expected, toDo }) => `${found}; expected ${expected}. Mend it by: ${toDo}`,
  );
}

/** The command that sets a topic's setting. */
export function alterCommand(topic: string, setting: string, value: string | number): string {
  return `kafka-configs --bootstrap-server <broker> --alter --topic ${topic} --add-config ${setting}=${value}`;
}
