/** What an operator can do about a worker that stops, with the command to type. Errors say one, or several in turn. */
export const WAYS_OUT = {
  /** The store is good, its topic is empty. */
  reseed: 'To write the store to the topic: `notification-streams state reseed`.',
  /** The store is good, its topic lost its end. */
  emptyAndReseed:
    'To write the store to the topic: empty the partition with kafka-delete-records (offset -1), then `notification-streams state reseed`.',
  /** The changelog has another number of partitions. */
  recreate:
    'To have the state back: delete the changelog, create it with as many partitions as it had (MAX_TASKS of the first start), then `notification-streams state reseed` on each STATE_DIR.',
  dropStore: 'To go on without the store: remove STATE_DIR.',
  newApplication: 'To begin from START_FROM: use a new APP_ID.',
  /** The committed offset is of no use. */
  setOffsets: (group: string) =>
    `To go on elsewhere, while no worker runs: kafka-consumer-groups --reset-offsets --execute --group ${group} --topic TOPIC:PARTITION --to-offset OFFSET.`,
  /** Offsets without a position: the task then begins with an empty dedup window. */
  forgetRepeats: (group: string) =>
    `To go on without the state, with earlier events no longer known as repeats: kafka-consumer-groups --reset-offsets --to-current --all-topics --execute --group ${group}.`,
} as const;
