import { SOURCES } from '../../../../dev/contract/sources.js';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../common/errors.js';
import { CONTRACT_TOPICS, TopicNames } from '../../../../common/topic-names.js';
import { contractTopics, contractTopicsOn } from '../../../../topology/worker/contract-topics.js';
import { HR_SOURCE, SIX_SOURCES } from '../../../hr-source.js';

describe('the topics that must exist, and that `topics create` makes', () => {
  it('are those of the contract, where its sources are read', () => {
    expect(contractTopics(SOURCES)).toEqual(CONTRACT_TOPICS);
  });

  it('are those of whatever sources are read, and no others', () => {
    expect(contractTopics(SIX_SOURCES)).toEqual(expect.arrayContaining([...CONTRACT_TOPICS, 'HR_EVENT_TOPIC']));
    expect(contractTopics([HR_SOURCE])).not.toContain('TASK_EVENT_TOPIC');
  });

  it('have the names of the brokers, which must be as many', () => {
    expect(contractTopicsOn(new TopicNames('p.', 'app'), SIX_SOURCES)).toContain('p.HR_EVENT_TOPIC');
    const names = new TopicNames('', 'app', { TASK_EVENT_TOPIC: 'HR_EVENT_TOPIC' });
    expect(() => contractTopicsOn(names, SIX_SOURCES)).toThrow(ConfigError);
    expect(() => contractTopicsOn(names, SIX_SOURCES)).toThrow(
      'TASK_EVENT_TOPIC and HR_EVENT_TOPIC are both HR_EVENT_TOPIC on the brokers',
    );
  });
});
