/** The state holds addresses and device tokens: nobody else may read it, whatever the umask and whoever made the folder. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quarantinedDamage } from '../../../../state/lmdb/quarantine.js';
import { DirectoryLock } from '../../../../state/lmdb/directory-lock.js';
import { MemberMemory } from '../../../../state/member-memory.js';
import { openState } from '../../../../state/open-state.js';
import { privateFolder } from '../../../../state/lmdb/private-folder.js';
import { FreeSpace } from '../../../../state/lmdb/free-space.js';
import { takeStateFolder } from '../../../../state/state-folder.js';
import { suspect } from '../../../../state/lmdb/store-marks.js';
import { FatalError } from '../../../../common/errors.js';

/** Stores are opened and written, on a disk that may be busy. */
const SLOW = { timeout: 60_000 };
const NOBODY = 65_534;
const SILENT = pino({ level: 'silent' });
const isRoot = process.geteuid?.() === 0;

let root: string;
let stateDir: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'notification-streams-private-'));
  stateDir = join(root, 'state');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

/** Paths below, with their modes. */
function modes(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      const below = entry.isDirectory() ? Object.entries(modes(path)) : [];
      return [[entry.name, modeOf(path)], ...below.map(([name, mode]) => [`${entry.name}/${name}`, mode])];
    }),
  ) as Record<string, string>;
}

/** As a worker does at its start; gives what lies in the folder then, and remembers a member in it. */
async function openAndClose(memberId = 'member'): Promise<{ directory: string; recalled: string | undefined }> {
  const { directory, lock } = await takeStateFolder(stateDir, SILENT);
  const space = new FreeSpace(directory, SILENT);
  const identity = { group: 'app', cluster: 'cluster' };
  const environment = await openState({ directory, identity, space, log: SILENT }, new AbortController().signal);
  const memory = new MemberMemory(environment);
  const recalled = memory.recall();
  await memory.remember(memberId);
  suspect(directory, 'a mark');
  expect(Object.values(modes(directory)).filter((mode) => (parseInt(mode, 8) & 0o077) !== 0)).toEqual([]);
  rmSync(join(directory, 'suspect'));
  await environment.close();
  await lock.release();
  return { directory, recalled };
}

/** A folder such as Kubernetes mounts a volume: of another user, writable by our group. */
function volume(): void {
  mkdirSync(stateDir);
  chownSync(stateDir, NOBODY, process.getegid!());
  chmodSync(stateDir, 0o2775);
}

describe('a STATE_DIR that is ours', SLOW, () => {
  it.each([0o000, 0o022, 0o077, 0o777])(
    'is made for us alone, and so is all in it, whatever the umask (%o)',
    async (umask) => {
      const before = process.umask(umask);
      try {
        expect((await openAndClose()).directory).toBe(stateDir);
      } finally {
        process.umask(before);
      }
      expect(modeOf(stateDir)).toBe('700');
      expect(modes(stateDir)).toMatchObject({ 'data.mdb': '600', 'lock.mdb': '600' });
    },
  );

  it('is closed when an earlier version, or whoever made it, left it open; what is in it is found', async () => {
    await openAndClose('before');
    mkdirSync(join(stateDir, 'aside', 'old-damaged'), { recursive: true });
    for (const file of ['data.mdb', 'reason.json']) writeFileSync(join(stateDir, 'aside', 'old-damaged', file), '{}');
    for (const path of ['', 'data.mdb', 'lock.mdb', 'aside', 'aside/old-damaged'])
      chmodSync(join(stateDir, path), 0o755);
    expect((await openAndClose()).recalled).toBe('before');
    expect(modeOf(stateDir)).toBe('700');
    expect(modes(stateDir)).toEqual({
      'data.mdb': '600',
      'lock.mdb': '600',
      aside: '700',
      'aside/old-damaged': '700',
      'aside/old-damaged/data.mdb': '600',
      'aside/old-damaged/reason.json': '600',
    });
  });

  it.skipIf(!isRoot)("leaves alone what is another user's, such as the lost+found of a volume", async () => {
    mkdirSync(join(stateDir, 'lost+found'), { recursive: true });
    chmodSync(join(stateDir, 'lost+found'), 0o755);
    chownSync(join(stateDir, 'lost+found'), NOBODY, NOBODY);
    const { lock } = await takeStateFolder(stateDir, SILENT);
    await lock.release();
    expect(modeOf(join(stateDir, 'lost+found'))).toBe('755');
  });

  it('does not follow links out of it', async () => {
    const other = join(root, 'other');
    writeFileSync(other, '');
    chmodSync(other, 0o644);
    mkdirSync(stateDir);
    symlinkSync(other, join(stateDir, 'link'));
    const { lock } = await takeStateFolder(stateDir, SILENT);
    await lock.release();
    expect(modeOf(other)).toBe('644');
  });
});

describe('a STATE_DIR', () => {
  it.each([0o777, 0o1777, 0o2777, 0o702])(
    'that anybody may write in (%o) is refused, with mode, owner, path and the way out',
    (mode) => {
      mkdirSync(stateDir);
      chmodSync(stateDir, mode);
      const act = (): unknown => privateFolder(stateDir);
      expect(act).toThrow(FatalError);
      const octal = mode.toString(8).padStart(4, '0');
      expect(act).toThrow(`STATE_DIR ${stateDir} (mode ${octal}, owner ${process.geteuid!()}:`);
      expect(act).toThrow(
        /may be written in by anybody\. What to do: Name a folder in it, such as .*state\/notification-streams/,
      );
      expect(readdirSync(stateDir)).toEqual([]);
    },
  );

  it('that is a file is refused', () => {
    writeFileSync(stateDir, '');
    expect(() => privateFolder(stateDir)).toThrow(/STATE_DIR .*state/);
    expect(() => privateFolder(join(stateDir, 'below'))).toThrow(/STATE_DIR .*below cannot be made in .*state \(mode/);
  });
});

describe.skipIf(!isRoot)("a STATE_DIR that is another user's, as a Kubernetes volume is", SLOW, () => {
  beforeEach(volume);

  it('is left as it is: the store lies in a folder of ours in it', async () => {
    const { directory } = await openAndClose();
    expect(directory).toBe(join(stateDir, 'store'));
    expect([modeOf(stateDir), modeOf(directory)[0] === '2' ? modeOf(directory).slice(1) : modeOf(directory)]).toEqual([
      '2775',
      '700',
    ]);
    expect((await openAndClose()).recalled).toBe('member');
  });

  it('is still found there when the folder is ours later', async () => {
    await openAndClose('inside');
    chownSync(stateDir, process.geteuid!(), process.getegid!());
    expect(await openAndClose()).toEqual({ directory: join(stateDir, 'store'), recalled: 'inside' });
  });

  it('is refused when somebody else has put a folder there', () => {
    mkdirSync(join(stateDir, 'store'));
    chownSync(join(stateDir, 'store'), NOBODY, NOBODY);
    expect(() => privateFolder(stateDir)).toThrow(
      /STATE_DIR .*store \(mode \d755, owner 65534:65534\) is of another user.*chown/,
    );
  });

  it('is refused when a link is there', () => {
    symlinkSync(root, join(stateDir, 'store'));
    expect(() => privateFolder(stateDir)).toThrow(/store .*is no folder/);
  });
});

describe.skipIf(!isRoot)('a store that an earlier version left in such a STATE_DIR', SLOW, () => {
  /** Ours at first, then the volume's. */
  const handOver = (): void => {
    chownSync(stateDir, NOBODY, process.getegid!());
    chmodSync(stateDir, 0o2775);
  };

  it('is moved in, with what went into quarantine before', async () => {
    await openAndClose('before');
    mkdirSync(join(stateDir, 'aside', '2026-damaged'), { recursive: true });
    writeFileSync(join(stateDir, 'aside', '2026-damaged', 'reason.json'), '{"fault":"damaged","why":"x"}');
    handOver();
    const { directory, recalled } = await openAndClose();
    expect([directory, recalled]).toEqual([join(stateDir, 'store'), 'before']);
    expect(readdirSync(stateDir)).toEqual(['store']);
    expect(quarantinedDamage(directory)).toBe(join(directory, 'aside', '2026-damaged'));
  });

  it('is not taken from a worker of that version that still runs', async () => {
    await openAndClose('before');
    handOver();
    const other = await DirectoryLock.take(stateDir);
    await expect(takeStateFolder(stateDir, SILENT)).rejects.toThrow('is in use by another process');
    await other.release();
    expect((await openAndClose()).recalled).toBe('before');
  });

  it.each([
    ['newer', 'outside'],
    ['older', 'inside'],
  ])('and is %s than the one in it: the newer one is used, the other goes into quarantine', async (age, found) => {
    await openAndClose('outside');
    const [data, outside] = [readFileSync(join(stateDir, 'data.mdb')), join(stateDir, 'data.mdb')];
    rmSync(outside);
    handOver();
    const { directory } = await openAndClose('inside');
    writeFileSync(outside, data);
    const hour = 3600 * (age === 'newer' ? 1 : -1);
    utimesSync(outside, Date.now() / 1000 + hour, Date.now() / 1000 + hour);
    expect((await openAndClose()).recalled).toBe(found);
    expect(readdirSync(join(directory, 'aside'))).toEqual([expect.stringMatching(/-surplus$/)]);
    expect(quarantinedDamage(directory)).toBeUndefined();
    expect(existsSync(outside)).toBe(false);
  });
});
