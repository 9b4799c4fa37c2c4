import { describe, expect, it } from 'vitest';
import type { PartitionConsumer } from '../../../../../topology/kafka/fetch/partition-consumer.js';
import { WantedPartition } from '../../../../../topology/kafka/fetch/wanted-partition.js';

const CONSUMER = {} as PartitionConsumer;
const wanted = (): WantedPartition => new WantedPartition('t', undefined, 0, 5, CONSUMER);

describe('a partition that is fetched', () => {
  it('is unknown from the first answer that says so to the first that does not', () => {
    const partition = wanted();
    partition.setApart();
    expect([partition.isAsked, partition.isUnknown]).toEqual([false, true]);
    partition.askAgain();
    expect([partition.isAsked, partition.isUnknown]).toEqual([true, true]);
    partition.setApart();
    partition.askAgain();
    partition.known();
    expect([partition.isAsked, partition.isUnknown]).toEqual([true, false]);
  });

  it('is read three times before it is stopped, and as often again once it was sought', () => {
    const partition = wanted();
    expect([partition.retryRead(), partition.retryRead(), partition.retryRead()]).toEqual([true, true, false]);
    expect([partition.isAsked, partition.isStopped]).toEqual([false, true]);
    partition.seek(7);
    expect([partition.isAsked, partition.position, partition.version]).toEqual([true, 7, 1]);
    expect(partition.retryRead()).toBe(true);
  });

  it('that was stopped cannot become unknown: the error names both', () => {
    const partition = wanted();
    partition.stop();
    expect(() => partition.setApart()).toThrow('a partition that is fetched cannot go from stopped to unknown');
  });
});
