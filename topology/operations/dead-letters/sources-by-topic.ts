/** Whose letters they are. */
import type { TopicNames } from '../../../common/topic-names.js';
import type { SourceRules } from '../../../processors/rules/rule-set.js';

/** The sources by the names that their topics have on the brokers, as letters name them. */
export function sourcesByTopic(
  sources: readonly SourceRules[],
  names: Pick<TopicNames, 'physical'>,
): ReadonlyMap<string, SourceRules> {
  return new Map(sources.map((source) => [names.physical(source.topic), source]));
}
