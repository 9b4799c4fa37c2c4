/**
 * Who runs each task, and who keeps a second copy of its store: the balanced assignment (assigner.ts), less the moves that
 * would cost a long restore, plus the standbys.
 *
 * A task is not moved to a worker whose store is far behind: it stays with one that is close, and the other keeps a
 * standby until that is close as well, then joins again (KIP-441). Standbys never run where their task does.
 */
import { assignTasks, newestClaim, type MemberClaim } from './assigner.js';

export interface PlacementRules {
  /** Copies of each store beside its owner's. */
  readonly standbyReplicas: number;
  /** A store that is further behind the furthest one is warmed before its worker gets the task; changelog offsets. */
  readonly acceptableLag: number;
}

/** What one worker must do. */
export interface Placement {
  readonly tasks: readonly number[];
  readonly standbys: readonly number[];
  /** Those of `standbys` whose tasks the worker will run as soon as their stores are close. */
  readonly warming: readonly number[];
  /** How close; changelog offsets. */
  readonly acceptableLag: number;
}

/** Nothing to do. */
export const NO_PLACEMENT: Placement = { tasks: [], standbys: [], warming: [], acceptableLag: 0 };

/** Deterministic: the same claims give the same placements, whatever their order. */
export function placeTasks(
  taskCount: number,
  members: readonly MemberClaim[],
  rules: PlacementRules,
): Map<string, Placement> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const tasks = new Map(sorted.map(({ memberId }) => [memberId, [] as number[]]));
  const warming = new Map(sorted.map(({ memberId }) => [memberId, [] as number[]]));
  for (const [target, balanced] of assignTasks(taskCount, sorted)) {
    for (const task of balanced) {
      const runs = closestTo(task, target, sorted, rules.acceptableLag);
      tasks.get(runs)!.push(task);
      if (runs !== target) warming.get(target)!.push(task);
    }
  }
  const standbys = new StandbyPlacement(taskCount, sorted, tasks, warming).place(rules.standbyReplicas);
  const inOrder = (byMember: ReadonlyMap<string, number[]>, memberId: string): number[] =>
    byMember.get(memberId)!.sort((a, b) => a - b);
  return new Map(
    sorted.map(({ memberId }) => [
      memberId,
      {
        tasks: inOrder(tasks, memberId),
        standbys: inOrder(standbys, memberId),
        warming: inOrder(warming, memberId),
        acceptableLag: rules.acceptableLag,
      },
    ]),
  );
}

/** Who must run a task that the balance gives to `target`. */
function closestTo(task: number, target: string, members: readonly MemberClaim[], acceptableLag: number): string {
  const owner = newestClaim(task, members)?.memberId;
  const held = (member: MemberClaim): number => member.stored[task] ?? 0;
  const furthest = Math.max(...members.map(held));
  const close = members.filter((member) => furthest - held(member) <= acceptableLag);
  if (target === owner || close.some(({ memberId }) => memberId === target)) return target;
  if (close.some(({ memberId }) => memberId === owner)) return owner!;
  return close.reduce((a, b) => (held(b) > held(a) ? b : a)).memberId;
}

/** Gives standbys out evenly, to whoever holds the store already where that can be. */
class StandbyPlacement {
  readonly #members: readonly MemberClaim[];
  readonly #tasks: ReadonlyMap<string, readonly number[]>;
  readonly #warming: ReadonlyMap<string, readonly number[]>;
  readonly #standbys: Map<string, number[]>;
  readonly #taskCount: number;

  constructor(
    taskCount: number,
    members: readonly MemberClaim[],
    tasks: ReadonlyMap<string, readonly number[]>,
    warming: ReadonlyMap<string, readonly number[]>,
  ) {
    this.#taskCount = taskCount;
    this.#members = members;
    this.#tasks = tasks;
    this.#warming = warming;
    this.#standbys = new Map(members.map(({ memberId }) => [memberId, [...warming.get(memberId)!]]));
  }

  place(replicas: number): Map<string, number[]> {
    const each = Math.min(replicas, this.#members.length - 1);
    const share = Math.ceil((this.#taskCount * each) / this.#members.length);
    const missing: number[] = [];
    for (let task = 0; task < this.#taskCount; task += 1) {
      let left = each - this.#members.filter(({ memberId }) => this.#held(memberId).includes(task)).length;
      const keepers = this.#free(task)
        .filter(({ stored }) => stored[task] !== undefined)
        .sort((a, b) => b.stored[task]! - a.stored[task]!);
      for (const { memberId } of keepers) {
        if (left <= 0) break;
        if (this.#held(memberId).length >= share) continue;
        this.#held(memberId).push(task);
        left -= 1;
      }
      for (; left > 0; left -= 1) missing.push(task);
    }
    for (const task of missing) {
      const least = this.#free(task).reduce((a, b) => (this.#compare(b, a) < 0 ? b : a));
      this.#held(least.memberId).push(task);
    }
    while (this.#evenOut());
    return this.#standbys;
  }

  #held(memberId: string): number[] {
    return this.#standbys.get(memberId)!;
  }

  /** Members that may keep a (further) standby of the task. */
  #free(task: number): MemberClaim[] {
    return this.#members.filter(
      ({ memberId }) => !this.#tasks.get(memberId)!.includes(task) && !this.#held(memberId).includes(task),
    );
  }

  /** By standbys, then by tasks. */
  #compare({ memberId: a }: MemberClaim, { memberId: b }: MemberClaim): number {
    return this.#held(a).length - this.#held(b).length || this.#tasks.get(a)!.length - this.#tasks.get(b)!.length;
  }

  /** Moves one standby from a member to another that has at least two fewer; false when none can be. */
  #evenOut(): boolean {
    const byLoad = [...this.#members].sort((a, b) => this.#compare(a, b));
    for (const from of [...byLoad].reverse()) {
      const held = this.#held(from.memberId);
      const movable = held
        .filter((task) => !this.#warming.get(from.memberId)!.includes(task))
        .sort((a, b) => (from.stored[a] ?? 0) - (from.stored[b] ?? 0) || a - b);
      for (const to of byLoad) {
        if (held.length - this.#held(to.memberId).length < 2) break;
        const task = movable.find((candidate) => this.#free(candidate).includes(to));
        if (task === undefined) continue;
        held.splice(held.indexOf(task), 1);
        this.#held(to.memberId).push(task);
        return true;
      }
    }
    return false;
  }
}
