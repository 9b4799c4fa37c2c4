import { describe, expect, it } from 'vitest';
import { CommitUnknownError, ThrottledError } from '../../../../common/errors.js';
import { BrokerError } from '../../../../topology/kafka/protocol/protocol-errors.js';
import { CommitSize } from '../../../../topology/task/commit-size.js';

const KB = 1024;
const TIMED_OUT = new CommitUnknownError('late', new BrokerError(7, 'Produce'));
const MOST = 8192 * KB;

describe('the size of a commit', () => {
  it('is small at first, and twice as large after each that was quick and full', () => {
    const size = new CommitSize(MOST);
    const sizes = [size.bytes];
    for (let i = 0; i < 7; i += 1) {
      size.took(size.bytes, 50);
      sizes.push(size.bytes);
    }
    expect(sizes.map((bytes) => bytes / KB)).toEqual([256, 512, 1024, 2048, 4096, 8192, 8192, 8192]);
  });

  it('does not grow by commits that are small anyway', () => {
    const size = new CommitSize(MOST);
    size.took(10 * KB, 20);
    expect(size.bytes).toBe(256 * KB);
  });

  it('becomes what would have taken two seconds, after one that took longer', () => {
    const size = new CommitSize(MOST);
    size.took(256 * KB, 8000);
    expect(size.bytes).toBe(64 * KB);
  });

  it('is cut after one that did not get through: by the time that the quota asks for, or by eight', () => {
    const throttled = new CommitSize(MOST);
    throttled.failed(256 * KB, new CommitUnknownError('too large', new ThrottledError('a quota', 32_000)));
    expect(throttled.bytes).toBe(16 * KB);
    const late = new CommitSize(MOST);
    late.failed(256 * KB, TIMED_OUT);
    expect(late.bytes).toBe(32 * KB);
  });

  it('stays when a commit fails for anything else', () => {
    const size = new CommitSize(MOST);
    size.failed(256 * KB, new CommitUnknownError('lost', new BrokerError(51, 'EndTxn')));
    expect(size.bytes).toBe(256 * KB);
  });

  it('is never so small that nothing gets on', () => {
    const size = new CommitSize(MOST);
    for (let i = 0; i < 20; i += 1) size.failed(size.bytes, TIMED_OUT);
    expect(size.bytes).toBe(8 * KB);
    expect(new CommitSize(1000).bytes).toBe(1000);
  });

  it('finds the pace of a line of 100 KB a second, and keeps to it', () => {
    const size = new CommitSize(MOST);
    let longest = 0;
    for (let i = 0; i < 50; i += 1) {
      const ms = 50 + (size.bytes / (100 * KB)) * 1000;
      longest = Math.max(longest, ms);
      size.took(size.bytes, ms);
    }
    expect(longest).toBeLessThan(3000);
    expect(size.bytes).toBeGreaterThan(100 * KB);
  });
});
