/** The table by which a task finds where it begins, row by row; what follows from it is in read-positions.test.ts. */
import { describe, expect, it } from 'vitest';
import { sourcePartition } from '../../../../common/record.js';
import { decide } from '../../../../common/rules.js';
import { POSITION_RULES, type KnownSource, type PositionRule } from '../../../../topology/task/positions.js';

const [NOW, BEFORE] = ['id-now', 'id-before'];

/** The group's offset, as the task wrote it beside this topic's id, or another's, or none; or as a tool set it. */
const GROUP = {
  none: undefined,
  'ours, of this topic': `topic-id:${NOW};partitions:4`,
  'ours, of an earlier topic': `topic-id:${BEFORE};partitions:4`,
  'ours, of no id': 'topic-id:;partitions:4',
  "an operator's": '',
} as const;

/** What the changelog holds: nothing, positions of other sources alone, or one of this source beside this topic's id. */
const CHANGELOG = {
  none: undefined,
  'others alone': undefined,
  'of this topic': { topicId: NOW },
  'of an earlier topic': { topicId: BEFORE },
  'of no id': { topicId: undefined },
} as const;

type Group = keyof typeof GROUP;
type Changelog = keyof typeof CHANGELOG;

function sourceOf(group: Group, changelog: Changelog): KnownSource {
  const [metadata, stored] = [GROUP[group], CHANGELOG[changelog]];
  return {
    ...sourcePartition('TASK_EVENT_TOPIC', 0),
    topicId: NOW,
    group: metadata === undefined ? undefined : { topic: 'TASK_EVENT_TOPIC', partition: 0, offset: 40, metadata },
    stored: stored && { ...stored, nextOffset: 40, streamTime: 1000, notifyFrom: 3 },
    hasOthers: changelog !== 'none',
  };
}

const rowOf = (source: KnownSource): number => POSITION_RULES.findIndex(({ when }) => when(source));

/** A source made for each row, in the table's order. */
const MADE: readonly (readonly [Group, Changelog, PositionRule])[] = [
  ['ours, of this topic', 'others alone', 'moved'],
  ['ours, of an earlier topic', 'of an earlier topic', 'recreated'],
  ['ours, of this topic', 'of this topic', 'group'],
  ['none', 'of an earlier topic', 'recreated'],
  ['none', 'of this topic', 'changelog'],
  ['none', 'others alone', 'added'],
  ['none', 'none', 'unread'],
];

/** Every other source that there can be, while the brokers know the topic's id. */
const OTHERS: readonly (readonly [Group, Changelog, PositionRule])[] = [
  ['ours, of this topic', 'none', 'group'],
  ['ours, of this topic', 'of an earlier topic', 'group'],
  ['ours, of this topic', 'of no id', 'group'],
  ['ours, of an earlier topic', 'none', 'recreated'],
  ['ours, of an earlier topic', 'others alone', 'moved'],
  ['ours, of an earlier topic', 'of this topic', 'recreated'],
  ['ours, of an earlier topic', 'of no id', 'recreated'],
  ['ours, of no id', 'none', 'group'],
  ['ours, of no id', 'others alone', 'moved'],
  ['ours, of no id', 'of this topic', 'group'],
  ['ours, of no id', 'of an earlier topic', 'group'],
  ['ours, of no id', 'of no id', 'group'],
  ["an operator's", 'none', 'group'],
  ["an operator's", 'others alone', 'group'],
  ["an operator's", 'of this topic', 'group'],
  ["an operator's", 'of an earlier topic', 'group'],
  ["an operator's", 'of no id', 'group'],
  ['none', 'of no id', 'changelog'],
];

describe('the table of positions', () => {
  it('has no row that another one shadows: a source is made for each', () => {
    expect(MADE.map(([group, changelog]) => rowOf(sourceOf(group, changelog)))).toEqual(
      POSITION_RULES.map((_, i) => i),
    );
  });

  it.each([...MADE, ...OTHERS])(
    "says of the group's offset: %s, the changelog's position: %s, that it is %s",
    (group, changelog, rule) => {
      expect(decide(POSITION_RULES, sourceOf(group, changelog))).toBe(rule);
    },
  );

  it('is tested with every source that there can be', () => {
    const tested = [...MADE, ...OTHERS].map(([group, changelog]) => `${group} | ${changelog}`);
    const all = Object.keys(GROUP).flatMap((group) => Object.keys(CHANGELOG).map((log) => `${group} | ${log}`));
    expect(tested.sort()).toEqual(all.sort());
  });

  it.each<[Group, Changelog, PositionRule]>([
    ['ours, of an earlier topic', 'of an earlier topic', 'group'],
    ['none', 'of an earlier topic', 'changelog'],
    ['ours, of an earlier topic', 'others alone', 'moved'],
  ])('finds no topic recreated whose id the brokers do not know: %s, %s: %s', (group, changelog, rule) => {
    expect(decide(POSITION_RULES, { ...sourceOf(group, changelog), topicId: undefined })).toBe(rule);
  });
});
