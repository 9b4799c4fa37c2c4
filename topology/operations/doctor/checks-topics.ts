/** Whether the topics are there, and set as workers need them. */
import { alterCommand, cleanupLosses, type TopicView } from '../../kafka/index.js';
import { DEAD_LETTER_MARGIN_BYTES } from '../../worker/contract-topics.js';
import { changelogRetention } from '../../worker/internal-topics.js';
import { gatewayCleanupRules, streamCleanupRules } from '../../worker/topic-cleanup.js';
import { check, fault, ok, orOk, unknown, warning, type Check, type Finding } from './check.js';
import { NoAnswerError, type Examined, type SetTopic, type TopicSetting } from './examined.js';

const alter: (topic: string, setting: TopicSetting, value: string | number) => string = alterCommand;

/** `internal`: those that a first start makes. */
export function judgePresence(topics: readonly TopicView[], internal: readonly string[]): readonly Finding[] {
  const findings = topics.flatMap((one): Finding[] => {
    const { topic, state, error, leaderless, partitions } = one;
    if (state === 'missing') return [];
    if (state === 'hidden')
      return [
        warning(`${topic} is not shown to us: it may be there or not`, 'the right to see it', 'see Rights above'),
      ];
    if (state === 'failing')
      return [fault(`${topic} cannot be asked for (${error ?? 'no error'})`, 'the topic', 'look at the brokers')];
    if (leaderless === 0) return [];
    return [
      fault(
        `${topic} has no leader for ${leaderless} of ${partitions} partitions: they wait`,
        'a leader for each',
        'start the brokers that hold its replicas',
      ),
    ];
  });
  const missing = topics.filter(({ topic, state }) => state === 'missing' && !internal.includes(topic));
  if (missing.length > 0)
    findings.unshift(
      fault(
        `no worker starts without ${missing.map(({ topic }) => topic).join(', ')}: missing`,
        'each topic, with the partitions that its owner wants',
        'create what is missing, or have it made: `notification-streams topics create`',
      ),
    );
  const later = topics.filter(({ topic, state }) => state === 'missing' && internal.includes(topic));
  const note =
    later.length === 0 ? '' : `; ${later.map(({ topic }) => topic).join(' and ')} will be made by a first start`;
  const there = topics.filter(({ state }) => state === 'there').length;
  return orOk(findings, `${there} topics, each partition with a leader${note}`);
}

export function judgeCleanup(topics: readonly SetTopic[], examined: Examined): readonly Finding[] {
  const { names } = examined.config;
  const rules = examined.isStream ? streamCleanupRules(names) : gatewayCleanupRules(names);
  const policies = new Map(topics.map(({ topic, settings }) => [topic, settings?.get('cleanup.policy') ?? '']));
  const faults = cleanupLosses(rules, policies).map(({ found, expected, toDo }) =>
    fault(`${found}: no worker starts`, expected, toDo),
  );
  const unknown = topics.filter(({ settings }) => settings === undefined).map(({ topic }) => topic);
  const hidden = unknown.length === 0 ? [] : [unasked(unknown)];
  return orOk([...faults, ...hidden], 'nothing that we write, or read again, loses records by it');
}

function unasked(topics: readonly string[]): Finding {
  return warning(
    `settings are not shown to us of ${topics.join(', ')}`,
    'the right DescribeConfigs',
    'see Rights above; whoever may ask: `kafka-configs --describe --topic <topic> --all`',
  );
}

/** What dead letters need of their topic. `sources`: the topics that records come from. */
export function judgeDeadLetters(letters: SetTopic | undefined, sources: readonly SetTopic[]): readonly Finding[] {
  const settings = letters?.settings;
  if (!letters || !settings) return [unknown('the topic or its settings are not shown to us')];
  const { topic } = letters;
  const largest = Math.max(0, ...sources.map((source) => Number(source.settings?.get('max.message.bytes') ?? 0)));
  const [most, least] = [Number(settings.get('max.message.bytes')), largest + DEAD_LETTER_MARGIN_BYTES];
  const stamps = settings.get('message.timestamp.type');
  return orOk(
    [
      ...(most >= least
        ? []
        : [
            warning(
              `${topic} has max.message.bytes=${most}, and sources up to ${largest}: the largest dead letters are cut`,
              `${least} or more`,
              alter(topic, 'max.message.bytes', least),
            ),
          ]),
      ...(stamps === 'LogAppendTime'
        ? []
        : [
            warning(
              `${topic} has message.timestamp.type=${stamps}: dead letters expire by the age of what they came from`,
              'LogAppendTime',
              alter(topic, 'message.timestamp.type', 'LogAppendTime'),
            ),
          ]),
    ],
    `${topic} takes any record of a source whole, and stamps it when it comes`,
  );
}

/** Entries of the changelog are needed for the window, from when a record is processed. */
export function judgeRetention(
  changelog: SetTopic | undefined,
  sources: readonly SetTopic[],
  dedupWindowMs: number,
): readonly Finding[] {
  if (!changelog) return [ok('not there yet: a first start makes it as DEDUP_WINDOW and the sources ask')];
  const found = Number(changelog.settings?.get('retention.ms') ?? NaN);
  const retentions = sources.flatMap(({ settings }) => settings?.get('retention.ms') ?? []).map(Number);
  if (Number.isNaN(found) || retentions.length === 0)
    return [unknown('settings of the changelog, or of the sources, are not shown to us')];
  const wanted = changelogRetention(dedupWindowMs, retentions);
  const isEnough = found === -1 || (wanted !== -1 && found >= wanted);
  if (isEnough) return [ok(`${changelog.topic} keeps its records as long as repeats must be known`)];
  return [
    warning(
      `${changelog.topic} has retention.ms=${found}: a restore may miss events that DEDUP_WINDOW still covers`,
      `${wanted} (DEDUP_WINDOW and the longest retention of a source; -1 is for ever)`,
      alter(changelog.topic, 'retention.ms', wanted),
    ),
  ];
}

/** `written`: those that a commit of ours writes to. */
export function judgeReplicas(written: readonly SetTopic[], brokers: number): readonly Finding[] {
  const findings = written.flatMap(({ topic, replicas, inSync, settings }): Finding[] => {
    const least = Number(settings?.get('min.insync.replicas') ?? 1);
    if (inSync < least)
      return [
        fault(
          `${topic} has ${inSync} replicas in sync, and min.insync.replicas=${least}: commits wait`,
          `${least} in sync`,
          replicas < least
            ? 'give it more replicas (`kafka-reassign-partitions`), or lower min.insync.replicas'
            : 'start the brokers that hold the others',
        ),
      ];
    if (replicas > 1 && replicas === least)
      return [
        warning(
          `${topic} has ${replicas} replicas and min.insync.replicas=${least}: one broker down stops every commit`,
          'one replica more than min.insync.replicas',
          alter(topic, 'min.insync.replicas', replicas - 1),
        ),
      ];
    if (replicas > 1 && least === 1)
      return [
        warning(
          `${topic} has min.insync.replicas=1: what is committed may be lost with one broker`,
          '2, of three replicas',
          alter(topic, 'min.insync.replicas', 2),
        ),
      ];
    return [];
  });
  const single = written.filter(({ replicas }) => replicas === 1).map(({ topic }) => topic);
  if (single.length > 0)
    findings.push(
      warning(
        `one replica has each partition of ${single.length === written.length ? 'all that we write' : single.join(', ')}: a broker that is lost takes it along`,
        '3 replicas, min.insync.replicas=2',
        brokers < 3 ? 'a cluster of three brokers or more; for a trial one will do' : 'kafka-reassign-partitions',
      ),
    );
  return orOk(findings, 'what we write survives the loss of a broker, and goes on without it');
}

/** Keys need not be in partitions of one number: a task is told by the source partition alone. */
export function judgePartitions(
  sources: readonly TopicView[],
  changelog: TopicView | undefined,
  directory: TopicView | undefined,
  maxTasks: number,
): readonly Finding[] {
  const most = Math.max(0, ...sources.map(({ partitions }) => partitions));
  const tasks = Math.min(most, changelog?.partitions ?? maxTasks);
  const findings: Finding[] = [];
  if (changelog && changelog.partitions !== maxTasks)
    findings.push(
      warning(
        `${changelog.topic} has ${changelog.partitions} partitions, and MAX_TASKS is ${maxTasks}: the changelog's number counts, since the first start`,
        `MAX_TASKS=${changelog.partitions}`,
        `set MAX_TASKS=${changelog.partitions}; never add partitions to the changelog. Another number takes another APP_ID`,
      ),
    );
  if (changelog && directory && directory.partitions !== changelog.partitions)
    findings.push(
      warning(
        `${directory.topic} has ${directory.partitions} partitions, and the changelog ${changelog.partitions}: one of them was grown or recreated`,
        'the number of a first start for both; a user has entries in one partition',
        'if it was grown: begin under another APP_ID; if it was made by hand, leave it so',
      ),
    );
  const shared = most > tasks ? `; a task has up to ${Math.ceil(most / tasks)} partitions of a source` : '';
  return orOk(findings, `${tasks} tasks, and so up to ${tasks} workers with work${shared}`);
}

const among = (topics: readonly SetTopic[], names: readonly string[]): readonly SetTopic[] =>
  topics.filter(({ topic }) => names.includes(topic));

interface Parts {
  readonly sources: readonly SetTopic[];
  readonly written: readonly SetTopic[];
  readonly letters: SetTopic | undefined;
  readonly changelog: SetTopic | undefined;
  readonly directory: SetTopic | undefined;
}

async function parts(examined: Examined): Promise<Parts> {
  const { names } = examined.config;
  const topics = await examined.topics();
  if (topics.length === 0) throw new NoAnswerError('none of the topics is there');
  const sources = among(
    topics,
    examined.sources.map(({ topic }) => names.physical(topic)),
  );
  const one = (name: string): SetTopic | undefined => topics.find(({ topic }) => topic === name);
  return {
    sources,
    written: topics.filter((topic) => !sources.includes(topic)),
    letters: one(names.physical('NOTIFICATION_DLQ')),
    changelog: one(names.changelog),
    directory: one(names.physical('USER_DIRECTORY')),
  };
}

const SETTINGS = 'their settings (DescribeConfigs)';

export const TOPIC_CHECKS: readonly Check[] = [
  check(
    { name: 'existence', asks: 'asks for each topic that a worker of these ROLES needs (Metadata, which makes none)' },
    async (examined) => (await examined.cluster()).topics,
    (topics, examined) => judgePresence(topics, examined.internalTopics),
  ),
  check(
    { name: 'cleanup.policy', asks: `${SETTINGS}: what would lose records` },
    (examined) => examined.topics(),
    judgeCleanup,
  ),
  check(
    { name: 'dead letters', asks: `${SETTINGS}: whether the largest record fits, and when it expires` },
    parts,
    ({ letters, sources }, { isStream }) =>
      isStream ? judgeDeadLetters(letters, sources) : [ok('a gateway writes none')],
  ),
  check(
    { name: 'retention', asks: `${SETTINGS}: the changelog's against DEDUP_WINDOW and the sources'` },
    parts,
    ({ changelog, sources }, { config, isStream }) =>
      isStream ? judgeRetention(changelog, sources, config.dedupWindowMs) : [ok('a gateway has no changelog')],
  ),
  check(
    { name: 'replicas', asks: 'replicas, those in sync (Metadata), and `min.insync.replicas` of what we write' },
    async (examined) => ({ ...(await parts(examined)), brokers: (await examined.cluster()).brokers.length }),
    ({ written, brokers }) => judgeReplicas(written, brokers),
  ),
  check(
    {
      name: 'partitions',
      asks: 'partitions of the sources, changelog and user directory, against MAX_TASKS (Metadata)',
    },
    parts,
    ({ sources, changelog, directory }, { config, isStream }) =>
      isStream ? judgePartitions(sources, changelog, directory, config.maxTasks) : [ok('a gateway has no tasks')],
  ),
];
