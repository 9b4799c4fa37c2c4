import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { handOver, stopBoundMs } from '../../../../topology/worker/shutdown.js';

describe('a worker that stops', () => {
  const events: string[] = [];
  let now = 0;
  /** Roles that note what is asked of them; the tasks take this long. */
  const stop = (tasksMs: number, spreadMs: number, fails = false): Promise<void> => {
    events.length = 0;
    now = 0;
    return handOver({
      stream: {
        stop: async (deadlineMs) => {
          events.push(`tasks begin, ${deadlineMs}`);
          await delay(1);
          now += tasksMs;
          events.push('tasks have left');
          if (fails) throw new Error('no broker');
        },
      },
      gateway: {
        refuse: () => void events.push('no new sockets'),
        stop: (deadlineMs, spread) => Promise.resolve(void events.push(`sockets, ${deadlineMs}, over ${spread}`)),
      },
      spreadMs,
      now: () => now,
    });
  };

  it('takes no new socket, hands the tasks over, and closes the sockets after that', async () => {
    await stop(100, 3000);
    expect(events).toEqual(['no new sockets', 'tasks begin, 6000', 'tasks have left', 'sockets, 8900, over 3000']);
  });

  it('closes the sockets faster when the tasks took long, so that its bound holds', async () => {
    await stop(8000, 3000);
    expect(events.at(-1)).toBe('sockets, 1000, over 1000');
    await stop(20_000, 3000);
    expect(events.at(-1)).toBe('sockets, 0, over 0');
    expect(stopBoundMs(3000)).toBe(9500);
  });

  it('closes the sockets too when the tasks cannot be handed over, and then says that', async () => {
    await expect(stop(100, 3000, true)).rejects.toThrow('no broker');
    expect(events.at(-1)).toBe('sockets, 8900, over 3000');
  });

  it('does without either role', async () => {
    await handOver({ stream: undefined, gateway: undefined, spreadMs: 3000 });
  });
});
