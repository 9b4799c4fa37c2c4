/** Who owns what, as lines for a person. */
import { runText } from '../../common/runs.js';
import type { TasksView, TaskView, WorkerView } from '../../topology/operations/tasks.js';
import { counted, styled, table } from '../print.js';

const STATES: Readonly<Record<TasksView['state'], string>> = {
  stable: 'is stable',
  moving: 'is being joined (a rebalance): who owns what is known when it is over; ask again',
  empty: 'has no member: no worker runs',
  'of-others': 'is of another application: give each an APP_ID of its own',
};

export function taskLines(view: TasksView, appId: string, partitions: boolean): string[] {
  const names = workerNames(view.workers, appId);
  return [
    headOf(view),
    ...view.missing.map((topic) => styled('yellow', `there is no topic ${topic}${whyMissing(topic)}`)),
    ...workerTable(view.workers, names),
    ...taskTable(view.tasks, names, partitions),
  ];
}

function headOf({ group, state, workers, tasks }: TasksView): string {
  const counts = state === 'stable' ? `: ${counted(workers.length, 'worker')}, ${counted(tasks.length, 'task')}` : '';
  return styled(state === 'stable' ? 'green' : 'yellow', `the group ${group} ${STATES[state]}${counts}`);
}

function whyMissing(topic: string): string {
  return topic.endsWith('changelog') ? ': no worker has started under this APP_ID and TOPIC_PREFIX' : '';
}

/** WORKER_ID where the client id has one, and what tells those of one name apart. */
function workerNames(workers: readonly WorkerView[], appId: string): ReadonlyMap<string, string> {
  const plain = workers.map(({ clientId }) => clientId.replace(new RegExp(`^${escaped(appId)}-?`), ''));
  return new Map(
    workers.map(({ memberId }, index) => {
      const name = plain[index]!;
      const isAlone = name !== '' && plain.filter((other) => other === name).length === 1;
      return [memberId, isAlone ? name : `${name === '' ? '' : `${name}/`}${memberId.slice(-8)}`];
    }),
  );
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}

function workerTable(workers: readonly WorkerView[], names: ReadonlyMap<string, string>): string[] {
  if (workers.length === 0) return [];
  const rows = workers.map(({ memberId, host, tasks, standbys, rules, refused }) => [
    names.get(memberId)!,
    host,
    refused === undefined ? listed(tasks) : `none: ${refused}`,
    listed(standbys),
    rules === undefined ? '-' : `${rules.version} (${rules.digest.slice(0, 12)})`,
  ]);
  return ['', ...table([['WORKER', 'HOST', 'TASKS', 'STANDBYS', 'RULES'], ...rows])];
}

/** Runs of numbers as 0-3. */
function listed(numbers: readonly number[] | undefined): string {
  return numbers === undefined ? '?' : runText(numbers) || '-';
}

function taskTable(tasks: readonly TaskView[], names: ReadonlyMap<string, string>, partitions: boolean): string[] {
  if (tasks.length === 0) return [];
  const head = ['TASK', 'WORKER', 'LAG', 'FURTHEST BEHIND', 'STORE AT JOIN', 'CHANGELOG END', 'STANDBYS'];
  const rows = tasks.flatMap((task) => [
    rowOf(task, names),
    ...(partitions ? task.partitions.map((one) => ['', '', shown(one.lag), `${one.topic}-${one.partition}`]) : []),
  ]);
  return ['', ...table([head, ...rows])];
}

function rowOf(task: TaskView, names: ReadonlyMap<string, string>): string[] {
  const { owner, lag, store, changelogEnd, standbys } = task;
  const worst = [...task.partitions].sort((a, b) => (b.lag ?? -1) - (a.lag ?? -1))[0];
  return [
    `${task.task}`,
    owner === null ? 'nobody' : names.get(owner)!,
    shown(lag),
    worst === undefined || (worst.lag ?? 0) === 0 ? '-' : `${worst.topic}-${worst.partition}`,
    shown(store),
    `${changelogEnd}`,
    standbys
      .map(({ memberId, position, isWarming }) => {
        return `${names.get(memberId)!} at ${shown(position)}${isWarming ? ', warming up' : ''}`;
      })
      .join('; ') || '-',
  ];
}

function shown(count: number | null): string {
  return count === null ? '-' : `${count}`;
}
