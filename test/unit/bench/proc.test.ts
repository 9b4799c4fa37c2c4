import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { membersOf, parseStat, parseStatus, readProc } from '../../../bench/suite/proc.js';

describe('what /proc says', () => {
  it('of CPU time counts waited-for children, whatever the process is called', () => {
    const stat = '42 (a) b (c) S 1 42 77 0 -1 4194304 100 0 0 0 15 5 3 2 20 0 1 0 12345 1000 200';
    expect(parseStat(stat)).toEqual({ session: 77, cpuMs: 250 });
  });

  it('of memory counts what is private and what is swapped out, apart from mapped files', () => {
    const status =
      'Name:\tnode\nRssAnon:\t    2048 kB\nRssFile:\t    1024 kB\nRssShmem:\t 0 kB\nVmSwap:\t    1024 kB\n';
    expect(parseStatus(status)).toEqual({ anonymousMb: 3, fileMb: 1 });
    expect(parseStatus('')).toEqual({ anonymousMb: 0, fileMb: 0 });
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'names the members of a session, and nothing of a process that is gone',
    () => {
      const { session } = parseStat(readProc(process.pid, 'stat')!);
      expect(membersOf([session])).toContain(process.pid);
      const { pid } = spawnSync('true');
      expect(readProc(pid, 'stat')).toBeUndefined();
    },
  );
});
