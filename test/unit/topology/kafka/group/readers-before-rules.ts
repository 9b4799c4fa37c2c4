/** How a version reads what members and leaders say that knows nothing of rules: copies of its readers, never changed. */
import { MemberAssignment } from '../../../../../topology/kafka/protocol/internals.js';

const areCounts = (list: unknown): list is number[] =>
  Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0);

interface OldClaim {
  readonly version?: unknown;
  readonly generation?: number;
  readonly tasks?: readonly number[];
  readonly stored?: Readonly<Record<string, number>>;
}

export function readUserDataBeforeRules(memberId: string, userData: Buffer): object {
  const nothing = { memberId, generation: -1, tasks: [], stored: {} };
  const { version, generation, tasks, ...claimed } = JSON.parse(userData.toString('utf8')) as OldClaim;
  if (version !== 1 || !Number.isSafeInteger(generation) || !areCounts(tasks)) return nothing;
  const stored = claimed.stored ?? {};
  if (typeof stored !== 'object' || !areCounts(Object.values(stored))) return nothing;
  return { memberId, generation, tasks, stored };
}

interface OldAssignment {
  readonly version: number;
  readonly tasks?: readonly number[];
  readonly standbys?: readonly number[];
  readonly warming?: readonly number[];
  readonly acceptableLag?: number;
  readonly maxTasks?: number;
  readonly partitions?: Readonly<Record<string, number>> | null;
  readonly refused?: string;
}

export function readAssignmentBeforeRules(encoded: Buffer): object {
  const said = JSON.parse(MemberAssignment.decode(encoded)!.userData!.toString('utf8')) as OldAssignment;
  if (said.version !== 2) throw new Error(`in format ${said.version}`);
  const { tasks = [], standbys = [], warming = [], acceptableLag = 0, maxTasks = 0, refused } = said;
  const partitions = said.partitions ?? {};
  const lists = [tasks, standbys, warming, [acceptableLag, maxTasks], Object.values(partitions)];
  if (!lists.every(areCounts)) throw new Error('cannot be read');
  return {
    placement: { tasks, standbys, warming, acceptableLag },
    layout: { maxTasks, partitions: new Map(Object.entries(partitions)) },
    refused,
  };
}

/** As a member of that version joins. */
export function writeUserDataBeforeRules(generation: number, tasks: readonly number[], stored: object): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, generation, tasks, stored }));
}

/** As a leader of that version assigns. */
export function writeAssignmentBeforeRules(placement: object, maxTasks: number, partitions: object): Buffer {
  const userData = Buffer.from(JSON.stringify({ version: 2, ...placement, maxTasks, partitions }));
  return MemberAssignment.encode({ version: 0, assignment: {}, userData });
}
