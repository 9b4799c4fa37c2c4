/** Why a replay leaves a letter where it is, and what to do about it. */
export const LEFT_WORDS = {
  'already-replayed': 'an earlier run has replayed it; --again sends it once more',
  'max-replays': 'it has come back as often as --max-replays allows',
  'another-app': 'it is of a worker with another APP_ID: replay it under that one',
  'unknown-topic': 'its topic is no source of the rules, or does not exist',
  'unknown-partition': 'its topic has fewer partitions than it had',
  'too-large-for-topic': 'its topic does not take it, not even compressed: raise max.message.bytes',
  'origin-gone': 'it was cut, and the whole record is gone from where it came',
  'origin-differs': 'it was cut, and another record stands where it came from: the topic was recreated',
  'origin-unreadable': 'it is of a batch that this version cannot unpack either',
} as const;

export type LeftWhy = keyof typeof LEFT_WORDS;
