/** What `cleanup.policy` a topic must not have, and how one that has it is mended. */

export interface CleanupRule {
  /** Physical name. */
  readonly topic: string;
  readonly never: 'compact' | 'delete';
  /** What would be lost. */
  readonly cost: string;
}

/** What is wrong with the policies that the topics have, a line each, with the command that mends it. */
export function cleanupFaults(rules: readonly CleanupRule[], policies: ReadonlyMap<string, string>): string[] {
  return rules.flatMap(({ topic, never, cost }) => {
    const policy = policies.get(topic) ?? '';
    if (!policy.split(',').includes(never)) return [];
    const right = never === 'compact' ? 'delete' : 'compact';
    return [
      `${topic} has cleanup.policy=${policy}: ${cost}; expected ${right}. Mend it by: kafka-configs --bootstrap-server <broker> --alter --topic ${topic} --add-config cleanup.policy=${right}`,
    ];
  });
}
