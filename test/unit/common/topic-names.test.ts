import { describe, expect, it } from 'vitest';
import { SINK_TOPICS, SOURCE_TOPICS } from '../../../common/record.js';
import { CONTRACT_TOPICS, TopicNames } from '../../../common/topic-names.js';

describe('TopicNames', () => {
  it("are the contract's without a prefix", () => {
    const names = new TopicNames('', 'app');
    for (const topic of CONTRACT_TOPICS) expect(names.physical(topic)).toBe(topic);
  });

  it('begin with the prefix, group and transactional ids too', () => {
    const names = new TopicNames('p.', 'app', { CRM_EVENT_TOPIC: 'crm' });
    expect([...SOURCE_TOPICS, ...SINK_TOPICS].every((topic) => names.physical(topic).startsWith('p.'))).toBe(true);
    expect(names.physical('CRM_EVENT_TOPIC')).toBe('p.crm');
    expect([names.group, names.changelog, names.physical('USER_DIRECTORY'), names.transactionalId(4)]).toEqual([
      'p.app',
      'p.app-dedup-changelog',
      'p.app-user-directory',
      'p.app-4',
    ]);
  });

  it('of two applications never meet', () => {
    const [a, b] = ['a', 'b'].map((app) => new TopicNames('', app));
    expect(a!.changelog).not.toBe(b!.changelog);
    expect(a!.physical('USER_DIRECTORY')).not.toBe(b!.physical('USER_DIRECTORY'));
    expect(a!.transactionalId(0)).not.toBe(b!.transactionalId(0));
  });
});
