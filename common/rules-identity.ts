/** Which rule set a worker runs, as the members of its group tell each other. */
export interface RulesIdentity {
  /** Grows with each change: an integer of 1 or more. */
  readonly version: number;
  /** The hash of everything in the set: two sets of one version are told apart by it. */
  readonly digest: string;
}

/** What a member or a leader says of rules; undefined when it says nothing, or nothing that could be meant. */
export function readRulesIdentity(said: unknown): RulesIdentity | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const { version, digest } = said as Partial<RulesIdentity>;
  if (!Number.isSafeInteger(version) || version! < 1 || typeof digest !== 'string') return undefined;
  return { version: version!, digest };
}
