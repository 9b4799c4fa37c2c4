/** What members of the group say: their claims, as the leader reads them, and the leader's word, as a member reads it. */
import fc from 'fast-check';
import { decodeUserData } from '../../../topology/kafka/group/assigner.js';
import { decodeAssignment, encodeAssignment } from '../../../topology/kafka/group/assignment.js';
import { MemberAssignment } from '../../../topology/kafka/protocol/internals.js';
import { placeTasks } from '../../../topology/kafka/group/placement.js';
import { FatalError } from '../../../common/errors.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editedJson, jsonEdits } from '../edit-json.js';
import { attempt, isSame, kindOf, law, type Target } from '../target.js';

type GroupInput =
  | { readonly kind: 'claims'; readonly userData: readonly Buffer[]; readonly tasks: number; readonly lag: number }
  | { readonly kind: 'assignment'; readonly encoded: Buffer };

const numbers = fc.array(fc.nat(20), { maxLength: 5 });

const userData = fc
  .record({
    generation: fc.integer({ min: -1, max: 5 }),
    tasks: numbers,
    stored: fc.dictionary(fc.nat(20).map(String), fc.nat(5000), { maxKeys: 4 }),
    edits: fc.oneof(fc.constant([]), jsonEdits),
    bytes: byteEdits,
  })
  .map(({ edits, bytes, ...claim }) => editBytes(Buffer.from(editedJson({ version: 1, ...claim }, edits)), bytes));

const claims = fc.record({
  kind: fc.constant('claims' as const),
  userData: fc.array(userData, { minLength: 1, maxLength: 4 }),
  tasks: fc.nat(16),
  lag: fc.constantFrom(0, 1000),
});

const assignment = fc
  .record({
    tasks: numbers,
    standbys: numbers,
    partitions: fc.dictionary(fc.constantFrom('A', 'B', '__proto__'), fc.nat(20), { maxKeys: 2 }),
    edits: fc.oneof(fc.constant([]), jsonEdits),
    inner: byteEdits,
    bytes: byteEdits,
  })
  .map(({ tasks, standbys, partitions, edits, inner, bytes }): GroupInput => {
    const said = { version: 2, tasks, standbys, warming: [], acceptableLag: 1000, maxTasks: 16, partitions };
    const json = editBytes(Buffer.from(editedJson(said, edits)), inner);
    const encoded = MemberAssignment.encode({ version: 0, assignment: { A: [0] }, userData: json });
    return { kind: 'assignment', encoded: editBytes(encoded, bytes) };
  });

export const group: Target<GroupInput> = {
  name: 'group',
  inputs: fc.oneof(claims, assignment),
  play(input) {
    return input.kind === 'claims' ? playClaims(input) : playAssignment(input.encoded);
  },
};

function playClaims({ userData: all, tasks: count, lag }: Extract<GroupInput, { kind: 'claims' }>): string {
  const members = all.map((data, index) => attempt([], () => decodeUserData(`member-${index}`, data)));
  const read = members.map((member) => {
    law(!(member instanceof Error), 'reads a claim');
    return member.value;
  });
  for (const { generation, tasks, stored } of read) {
    law(Number.isSafeInteger(generation), 'claims with a generation', () => String(generation));
    law(
      tasks.every((task) => Number.isSafeInteger(task) && task >= 0),
      'claims tasks',
      () => JSON.stringify(tasks),
    );
    law(
      Object.values(stored).every((offset) => Number.isSafeInteger(offset)),
      'claims stores by offsets',
      () => JSON.stringify(stored),
    );
  }
  const placed = placeTasks(count, read, { standbyReplicas: 1, acceptableLag: lag });
  const given = [...placed.values()].flatMap(({ tasks }) => tasks).sort((a, b) => a - b);
  law(
    isSame(
      given,
      Array.from({ length: count }, (_, task) => task),
    ),
    'places each task once',
    () => JSON.stringify([...placed]),
  );
  law(
    isSame([...placed], [...placeTasks(count, [...read].reverse(), { standbyReplicas: 1, acceptableLag: lag })]),
    'places the same from the same claims',
  );
  return `read: ${read.filter(({ generation }) => generation >= 0).length} claims`;
}

function playAssignment(encoded: Buffer): string {
  const said = attempt([FatalError], () => decodeAssignment(encoded, 'group'));
  if (said instanceof Error) return `refused: ${kindOf(said.message)}`;
  const { placement, layout } = said.value;
  const lists = [placement.tasks, placement.standbys, placement.warming];
  law(
    lists.every((list) => Array.isArray(list) && list.every((task) => Number.isSafeInteger(task) && task >= 0)),
    'gives tasks by their numbers',
    () => JSON.stringify(placement),
  );
  law(
    Number.isSafeInteger(layout.maxTasks) &&
      [...layout.partitions.values()].every((count) => Number.isSafeInteger(count) && count >= 0),
    'lays out by counts',
  );
  law(
    isSame(plain(decodeAssignment(encodeAssignment(said.value), 'group')), plain(said.value)),
    'reads what it writes',
  );
  return 'read: assignment';
}

/** Without what stands for nothing, and the map as a list. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...(part as Map<unknown, unknown>)] : part)),
  );
}
