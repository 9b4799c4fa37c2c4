/**
 * Where the docs say what to do about a line of the log, by the first clause of its message. Put into the line as `doc`
 * by common/log.ts; test/unit/docs/doc-links.test.ts holds both ends to what there is.
 */
const DEPLOYING = 'docs/deploying.md';
const OPERATIONS = 'docs/operations.md';

const DOC_LINKS: Readonly<Record<string, string>> = {
  'the worker cannot go on': `${OPERATIONS}#a-worker-that-ends-by-itself`,
  'the worker stops': `${OPERATIONS}#a-worker-that-ends-by-itself`,
  'waiting for the brokers': `${OPERATIONS}#readiness`,
  'waiting for the schema registry': `${OPERATIONS}#readiness`,
  'the schema registry answers, but not for this schema id': `${OPERATIONS}#a-schema-id-that-the-registry-never-gives-only-others`,
  'record dead-lettered': 'docs/contract.md#dead-letters',
  'a commit was refused': `${OPERATIONS}#the-dead-letter-topic-takes-nothing-not-even-a-small-letter`,
  'what the broker has at this offset is damaged': `${OPERATIONS}#a-source-partition-is-damaged-on-the-brokers-disks`,
  'an open transaction of a producer holds the source back': `${OPERATIONS}#a-producers-transaction-hangs`,
  'an event is in another partition than its key gives': `${OPERATIONS}#events-are-not-in-the-partition-of-their-key`,
  // the disk and the store
  'the disk of STATE_DIR is full': `${OPERATIONS}#a-full-disk`,
  'the state store cannot be used': `${OPERATIONS}#a-damaged-store`,
  'the state store could not be checked': `${OPERATIONS}#a-damaged-store`,
  'STATE_DIR holds an older store beside ours': `${OPERATIONS}#who-may-read-the-store`,
  'the store was moved into a folder that nobody else can read': `${OPERATIONS}#who-may-read-the-store`,
  'the limit on open files is low': `${DEPLOYING}#file-descriptors`,
  'the store is not of this changelog': 'docs/recovery.md#whether-a-store-is-of-its-changelog',
  'the changelog begins after the position of the store': `${OPERATIONS}#the-changelogs-beginning-expired-or-was-deleted`,
  'the records of the changelog have expired, or were deleted': `${OPERATIONS}#the-changelog-expired-as-well`,
  'the stored user directory is not of this topic, or ahead of it':
    'docs/recovery.md#whether-the-user-directory-is-of-its-topic',
  // topics and offsets
  'source topics do not exist any more': `${OPERATIONS}#a-source-topic-is-deleted`,
  'a source topic was deleted and recreated': `${OPERATIONS}#a-source-topic-is-recreated`,
  'the source topic was deleted and recreated': `${OPERATIONS}#a-source-topic-is-recreated`,
  "the source topic was deleted and recreated, and the group's offset was set since": `${OPERATIONS}#a-source-topic-is-recreated`,
  'the committed offset was set back': `${OPERATIONS}#you-set-offsets-back-no-worker-runs`,
  'the committed offset was set ahead': `${OPERATIONS}#you-set-offsets-ahead`,
  'max.message.bytes cannot be asked for': `${OPERATIONS}#rights`,
  'cleanup.policy cannot be asked for': `${OPERATIONS}#rights`,
  'what a client missed is gone': 'docs/gateway.md#resuming',
  'the key set cannot be read': 'docs/gateway.md#tokens',
  // the group and its rules
  "the task is another worker's": `${OPERATIONS}#takeovers-restarts-standbys`,
  'the group gave our tasks away, joining again': `${OPERATIONS}#takeovers-restarts-standbys`,
  'a member of the group is of another application': `${OPERATIONS}#another-kind-of-consumer-is-in-the-group`,
  'an event of a type that only newer rules in the group know': `${OPERATIONS}#rolling-in-a-new-event-type`,
  'members of the group run different rules of the same version': `${OPERATIONS}#rolling-in-a-new-event-type`,
  'the leader of the group has older rules, which do not read these topics, and assigns these tasks to nobody': `${OPERATIONS}#a-new-version-that-reads-one-source-more-beside-the-old-one`,
  'the rules are faulty': `${OPERATIONS}#changing-texts-while-workers-run`,
  'the rules change topics or schemas': `${OPERATIONS}#changing-texts-while-workers-run`,
  'event types or channels have changed and the version has not': `${OPERATIONS}#changing-texts-while-workers-run`,
};

/** What has a page: the first clause of each message. */
export const DOCUMENTED_LINES: ReadonlyMap<string, string> = new Map(Object.entries(DOC_LINKS));

/** The page and its heading for a message; undefined where there is none. */
export function docOf(message: string): string | undefined {
  return DOCUMENTED_LINES.get(message.split(/[:.] /, 1)[0]!);
}
