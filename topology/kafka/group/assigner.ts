/**
 * Assigns tasks to workers: balanced, and sticky to the present owner, then to whoever holds the task's state.
 * All partitions of a task go to one worker: kafkajs's own assigner would split a task, and two owners of one
 * transactional id would fence each other for ever.
 */

import { readRulesIdentity, type RulesIdentity } from '../../../common/rules-identity.js';

/** What a member says of itself when it joins (its userData). */
export interface MemberClaim {
  readonly memberId: string;
  /** The generation in which it held `tasks`; the highest generation's claim wins. -1 when it held none. */
  readonly generation: number;
  readonly tasks: readonly number[];
  /** Next changelog offset of each task whose store it keeps on disk: the closer to the end, the shorter the restore. */
  readonly stored: Readonly<Record<string, number>>;
  /** The rule set that it runs; undefined when it has none, or is of a version that does not say. */
  readonly rules?: RulesIdentity | undefined;
}

/** The assigner's name in the group protocol; fixed, since every member must offer the same. */
export const ASSIGNER_NAME = 'notification-streams';
const USER_DATA_VERSION = 1;

export function encodeUserData(claim: Omit<MemberClaim, 'memberId'>): Buffer {
  const { generation, tasks, stored, rules } = claim;
  return Buffer.from(JSON.stringify({ version: USER_DATA_VERSION, generation, tasks, stored, rules }));
}

/** A member whose userData cannot be read (none, or a newer version) claims nothing. */
export function decodeUserData(memberId: string, userData: Buffer | null): MemberClaim {
  const nothing: MemberClaim = { memberId, generation: -1, tasks: [], stored: {} };
  if (!userData || userData.length === 0) return nothing;
  const parsed = parseJson(userData.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null) return nothing;
  const { version, generation, tasks, ...claimed } = parsed as Partial<MemberClaim> & { version?: unknown };
  if (version !== USER_DATA_VERSION || !Number.isSafeInteger(generation) || !areCounts(tasks)) return nothing;
  const stored = claimed.stored ?? {};
  if (typeof stored !== 'object' || !areCounts(Object.values(stored))) return nothing;
  return { memberId, generation: generation!, tasks, stored, rules: readRulesIdentity(claimed.rules) };
}

/** Whether these are tasks, or offsets: what is none of them would make the assignment differ from leader to leader. */
export function areCounts(list: unknown): list is number[] {
  return Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours: it claims nothing
  }
}

/** Partition p of each source topic is of task p modulo `maxTasks`: up to there, task k is partition k. */
export function partitionsOf(task: number, maxTasks: number, partitions: number): number[] {
  const own: number[] = [];
  for (let partition = task; partition < partitions; partition += maxTasks) own.push(partition);
  return own;
}

/** Every task to one member, no member with two more than another. Deterministic. */
export function assignTasks(taskCount: number, members: readonly MemberClaim[]): Map<string, number[]> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assigned = new Map(sorted.map(({ memberId }) => [memberId, [] as number[]]));
  if (sorted.length === 0) return assigned;
  const quota = new Quota(taskCount, sorted.length);
  const free: number[] = [];
  for (const task of longestRestoreFirst(taskCount, sorted)) {
    const owner = newestClaim(task, sorted);
    if (!(owner && quota.take(assigned.get(owner.memberId)!, task))) free.push(task);
  }
  const homeless = free.filter((task) => {
    const keepers = sorted
      .filter(({ stored }) => stored[task] !== undefined)
      .sort((a, b) => b.stored[task]! - a.stored[task]!);
    return !keepers.some(({ memberId }) => quota.take(assigned.get(memberId)!, task));
  });
  for (const task of homeless) {
    const least = [...assigned.values()].reduce((a, b) => (b.length < a.length ? b : a));
    quota.take(least, task);
  }
  for (const tasks of assigned.values()) tasks.sort((a, b) => a - b);
  return assigned;
}

/**
 * An owner that must give some away keeps those that would cost another the longest restore: a worker that comes back
 * is given what it had before.
 */
function longestRestoreFirst(taskCount: number, members: readonly MemberClaim[]): number[] {
  const restores = Array.from({ length: taskCount }, (_, task) => {
    const [best = 0, second = 0] = members.map(({ stored }) => stored[task] ?? 0).sort((a, b) => b - a);
    return best - second;
  });
  return [...restores.keys()].sort((a, b) => restores[b]! - restores[a]! || a - b);
}

/** The present owner: who held it in the highest generation. */
export function newestClaim(task: number, members: readonly MemberClaim[]): MemberClaim | undefined {
  let newest: MemberClaim | undefined;
  for (const member of members) {
    if (member.tasks.includes(task) && member.generation > (newest?.generation ?? -1)) newest = member;
  }
  return newest;
}

/** Each member may hold the even share, and as many members as there are tasks left over may hold one more. */
class Quota {
  readonly #share: number;
  #extra: number;

  constructor(tasks: number, members: number) {
    this.#share = Math.floor(tasks / members);
    this.#extra = tasks % members;
  }

  take(held: number[], task: number): boolean {
    if (held.length >= this.#share) {
      if (held.length > this.#share || this.#extra === 0) return false;
      this.#extra -= 1;
    }
    held.push(task);
    return true;
  }
}
