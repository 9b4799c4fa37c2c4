import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sourcePartition } from '../../../../common/record.js';
import { SourceQueue } from '../../../../topology/task/source-queue.js';
import { fetchedRecord } from './records.js';

function queueOf(maxBytes = 1000): { queue: SourceQueue; heard: string[] } {
  const heard: string[] = [];
  const queue = new SourceQueue(sourcePartition('TASK_EVENT_TOPIC', 4), maxBytes, {
    arrived: () => heard.push('arrived'),
    spaceFreed: () => heard.push('space'),
    unreadable: ({ topic }, position, error) => heard.push(`${topic} unreadable at ${position}: ${String(error)}`),
    outOfRange: ({ topic }, position) => heard.push(`${topic} out of range at ${position}`),
    recreated: ({ topic }) => heard.push(`${topic} recreated`),
    heldUp: ({ topic }, stable, end) => heard.push(`${topic} held up at ${stable} of ${end}`),
  });
  return { queue, heard };
}

const fetched = (offsets: readonly number[], nextOffset: number, text = 'x') => ({
  records: offsets.map((offset) => fetchedRecord(offset, text)),
  nextOffset,
  bytes: offsets.length * 2 * text.length,
});

describe('SourceQueue', () => {
  it('gives records in order, with their offset, until they are taken', () => {
    const { queue } = queueOf();
    queue.deliver(fetched([3, 5], 6), 9);
    queue.deliver(fetched([7], 9), 9);
    const seen: number[] = [];
    for (let record = queue.peek(); record; record = queue.peek()) {
      expect(record).toMatchObject({ topic: 'TASK_EVENT_TOPIC', partition: 4, source: 'TASK_EVENT_TOPIC-4' });
      expect(queue.peek()).toEqual(record);
      seen.push(record.offset);
      queue.take();
    }
    expect(seen).toEqual([3, 5, 7]);
    expect(queue.ready).toBe(false);
  });

  it('shows the values behind the next record, of every piece, up to a bound', () => {
    const { queue } = queueOf();
    expect([...queue.ahead(9)]).toEqual([]);
    for (const text of ['a', 'b', 'c']) queue.deliver(fetched([0, 1], 2, text), 6);
    const ahead = (limit: number): string => [...queue.ahead(limit)].map(String).join('');
    expect(ahead(9)).toBe('abbcc');
    expect(ahead(2)).toBe('ab');
    queue.take();
    expect(ahead(9)).toBe('bbcc');
    queue.take();
    expect([ahead(9), queue.peek()?.value?.toString()]).toEqual(['bcc', 'b']);
  });

  it('says how far everything was taken only when nothing waits', () => {
    const { queue } = queueOf();
    queue.reset(3);
    expect(queue.drainedTo).toBe(3);
    queue.deliver(fetched([3], 6), 6);
    expect(queue.drainedTo).toBeUndefined();
    queue.take();
    expect(queue.drainedTo).toBe(6);
    queue.deliver(fetched([], 8), 8);
    expect(queue.drainedTo).toBe(8);
  });

  it('has no buffer space past its bound, and says once that there is space again', () => {
    const { queue, heard } = queueOf(500);
    queue.deliver(fetched([0, 1, 2], 3), 3);
    expect(queue.hasRoom()).toBe(false);
    queue.take();
    expect(queue.hasRoom()).toBe(true);
    queue.take();
    queue.take();
    expect(heard).toEqual(['arrived', 'space']);
    expect(queue.size).toBe(0);
  });

  it('counts what a record costs beside its bytes: empty ones fill it too', () => {
    const { queue } = queueOf(1000);
    queue.deliver(
      {
        records: Array.from({ length: 5 }, (_, i) => ({ ...fetchedRecord(i, ''), key: null, value: null })),
        nextOffset: 5,
        bytes: 0,
      },
      5,
    );
    expect(queue.hasRoom()).toBe(false);
  });

  it('holds records back while one waits, and lets them go when it does not', () => {
    const { queue, heard } = queueOf();
    queue.deliver(fetched([0], 1), 1);
    const release = queue.block();
    expect(queue.ready).toBe(false);
    release();
    expect(queue.ready).toBe(true);
    expect(heard).toEqual(['arrived', 'arrived']);
  });

  it('is not let go by a wait from before a reset', () => {
    const { queue } = queueOf();
    const stale = queue.block();
    queue.reset(10);
    queue.deliver(fetched([10], 11), 11);
    queue.block();
    stale();
    expect(queue.ready).toBe(false);
  });

  it('forgets what was fetched when it is reset', () => {
    const { queue } = queueOf(100);
    queue.deliver(fetched([0, 1], 2), 2);
    queue.reset(0);
    expect(queue.size).toBe(0);
    expect(queue.hasRoom()).toBe(true);
    expect(queue.peek()).toBeUndefined();
  });

  it('passes on that its position is out of range', () => {
    const { queue, heard } = queueOf();
    queue.outOfRange(5);
    expect(heard).toEqual(['TASK_EVENT_TOPIC out of range at 5']);
  });

  it('passes on that its topic was recreated, and keeps what was fetched of the one before', () => {
    const { queue, heard } = queueOf();
    queue.deliver(fetched([0, 1], 2), 2);
    queue.recreated();
    expect(heard).toEqual(['arrived', 'TASK_EVENT_TOPIC recreated']);
    expect(queue.size).toBe(2);
  });

  it('that is paused is not held up by a transaction that has ended since', () => {
    vi.useFakeTimers({ now: 0, toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { queue, heard } = queueOf();
    queue.deliver(fetched([3], 4), 4, 9);
    queue.block();
    vi.advanceTimersByTime(70_000);
    queue.sawEnd(4);
    expect([queue.end, queue.heldUpMs]).toEqual([4, 70_000]);
    expect(heard).toEqual(['arrived', 'TASK_EVENT_TOPIC held up at 4 of 9']);
    vi.advanceTimersByTime(10_000);
    queue.sawEnd(9);
    expect([queue.end, queue.heldUpMs]).toEqual([9, 0]);
  });
});
