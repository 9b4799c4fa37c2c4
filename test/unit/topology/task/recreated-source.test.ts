/** A source topic that is deleted and recreated: under a task that runs, and while none does. */
import { describe, expect, it } from 'vitest';
import { forwarded } from './records.js';
import { CRM, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';

function withIds(): Rig {
  const setup = rig();
  setup.fetcher.ids.set(TASKS, 'first').set(CRM, 'crm').set(setup.names.changelog, 'changelog');
  return setup;
}

describe('a source topic that is recreated under a task', () => {
  it('is read from its beginning, with its own id beside the offset; what was seen before is known', async () => {
    const setup = withIds();
    setup.append(TASKS, ['a', 'b']);
    setup.task.start();
    await sentAre(setup, ['a', 'b']);
    expect(setup.broker.metadata.get(TASKS)).toMatch(/^topic-id:first;partitions:1;time:/);
    setup.fetcher.recreate(TASKS, 'second', ['c', 'd', 'a', 'e']);
    await sentAre(setup, ['a', 'b', 'c', 'd', 'e']);
    await until(() => expect(setup.broker.offsets.get(TASKS)).toBe(4));
    expect(setup.broker.metadata.get(TASKS)).toMatch(/^topic-id:second;partitions:1;time:/);
    expect(setup.confirm).toHaveBeenCalledWith(1); // the group was asked before anything was fenced
    expect(setup.fatal).not.toHaveBeenCalled();
  });

  it('leaves nothing behind that was fetched of the topic before it', async () => {
    const setup = withIds();
    let isKnown = false;
    setup.behaviour.set('waits', () => (isKnown ? forwarded('waits') : { kind: 'unresolved', schemaId: 7 }));
    setup.append(TASKS, ['a', 'waits', 'behind']);
    setup.task.start();
    await until(() => expect(setup.schemas).toHaveLength(1));
    setup.fetcher.recreate(TASKS, 'second', ['new']);
    setup.append(CRM, ['other']); // the rest goes on
    await sentAre(setup, ['a', 'other']);
    isKnown = true;
    setup.schemas[0]!.answer();
    await sentAre(setup, ['a', 'other', 'waits', 'behind', 'new']);
  });

  it('does not disturb the other sources', async () => {
    const setup = withIds();
    setup.append(CRM, ['x', 'y']);
    setup.task.start();
    await sentAre(setup, ['x', 'y']);
    setup.fetcher.recreate(TASKS, 'second', ['new']);
    setup.append(CRM, ['z']);
    await sentAre(setup, ['x', 'y', 'z', 'new']);
    expect(setup.broker.metadata.get(CRM)).toMatch(/^topic-id:crm;partitions:1;time:/);
    await until(() => expect(setup.broker.offsets.get(CRM)).toBe(3));
  });
});

describe('a changelog that is recreated under a task', () => {
  it('stops it before anything is committed to the new one, and leaves the store as it is', async () => {
    const setup = withIds();
    setup.append(TASKS, ['a']);
    setup.task.start();
    await sentAre(setup, ['a']);
    await until(() => expect(setup.task.storedOffset).toBeGreaterThan(1));
    const stored = setup.task.storedOffset;
    const committed = setup.broker.committed.length;
    setup.fetcher.ids.set(setup.names.changelog, 'another');
    setup.broker.changelog.length = 0;
    setup.broker.changelogEnd = 0;
    setup.append(TASKS, ['b']);
    await until(() => expect(setup.fatal).toHaveBeenCalled());
    expect(String(setup.fatal.mock.calls[0]![0])).toMatch(/topic id another, the store is of changelog.*state reseed/);
    expect(setup.broker.committed).toHaveLength(committed);
    expect(setup.task.storedOffset).toBe(stored);
  });
});
