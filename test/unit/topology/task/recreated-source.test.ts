/** A source topic that is deleted and recreated: under a task that runs, and while none does. */
import { describe, expect, it } from 'vitest';
import { forwarded } from './records.js';
import { CRM, rig, sentAre, TASKS, until, type Rig } from './task-harness.js';

function withIds(): Rig {
  const of = rig();
  of.fetcher.ids.set(TASKS, 'first').set(CRM, 'crm').set(of.names.changelog, 'changelog');
  return of;
}

describe('a source topic that is recreated under a task', () => {
  it('is read from its beginning, with its own id beside the offset; what was seen before is known', async () => {
    const of = withIds();
    of.append(TASKS, ['a', 'b']);
    of.task.start();
    await sentAre(of, ['a', 'b']);
    expect(of.broker.metadata.get(TASKS)).toMatch(/^topic-id:first;partitions:1;time:/);
    of.fetcher.recreate(TASKS, 'second', ['c', 'd', 'a', 'e']);
    await sentAre(of, ['a', 'b', 'c', 'd', 'e']);
    await until(() => expect(of.broker.offsets.get(TASKS)).toBe(4));
    expect(of.broker.metadata.get(TASKS)).toMatch(/^topic-id:second;partitions:1;time:/);
    expect(of.confirm).toHaveBeenCalledWith(1); // the group was asked before anything was fenced
    expect(of.fatal).not.toHaveBeenCalled();
  });

  it('leaves nothing behind that was fetched of the topic before it', async () => {
    const of = withIds();
    let isKnown = false;
    of.behaviour.set('waits', () => (isKnown ? forwarded('waits') : { kind: 'unresolved', schemaId: 7 }));
    of.append(TASKS, ['a', 'waits', 'behind']);
    of.task.start();
    await until(() => expect(of.schemas).toHaveLength(1));
    of.fetcher.recreate(TASKS, 'second', ['new']);
    of.append(CRM, ['other']); // the rest goes on
    await sentAre(of, ['a', 'other']);
    isKnown = true;
    of.schemas[0]!.answer();
    await sentAre(of, ['a', 'other', 'waits', 'behind', 'new']);
  });

  it('does not disturb the other sources', async () => {
    const of = withIds();
    of.append(CRM, ['x', 'y']);
    of.task.start();
    await sentAre(of, ['x', 'y']);
    of.fetcher.recreate(TASKS, 'second', ['new']);
    of.append(CRM, ['z']);
    await sentAre(of, ['x', 'y', 'z', 'new']);
    expect(of.broker.metadata.get(CRM)).toMatch(/^topic-id:crm;partitions:1;time:/);
    await until(() => expect(of.broker.offsets.get(CRM)).toBe(3));
  });
});

describe('a changelog that is recreated under a task', () => {
  it('stops it before anything is committed to the new one, and leaves the store as it is', async () => {
    const of = withIds();
    of.append(TASKS, ['a']);
    of.task.start();
    await sentAre(of, ['a']);
    await until(() => expect(of.task.storedOffset).toBeGreaterThan(1));
    const stored = of.task.storedOffset;
    const committed = of.broker.committed.length;
    of.fetcher.ids.set(of.names.changelog, 'another');
    of.broker.changelog.length = 0;
    of.broker.changelogEnd = 0;
    of.append(TASKS, ['b']);
    await until(() => expect(of.fatal).toHaveBeenCalled());
    expect(String(of.fatal.mock.calls[0]![0])).toMatch(/topic id another, the store is of changelog.*state reseed/);
    expect(of.broker.committed).toHaveLength(committed);
    expect(of.task.storedOffset).toBe(stored);
  });
});
