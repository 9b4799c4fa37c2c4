/** The control socket and its client, on real sockets. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectVersion } from '../../../../common/project-root.js';
import { askWorker } from '../../../../topology/operations/control-client.js';
import { ControlSocket } from '../../../../topology/worker/control.js';
import { answerLine, type ControlledWorker } from '../../../../topology/worker/control-protocol.js';
import { NO_TASKS } from '../../../../topology/worker/status.js';

const VERSION = projectVersion();
const LEVEL = { level: 'debug', configured: 'info' };

let root: string;
let asked: unknown[];
const open: ControlSocket[] = [];
const lines: { msg: string; error: string }[] = [];

const worker: ControlledWorker = {
  setLogLevel: (...given) => {
    asked.push(given);
    return LEVEL;
  },
  resumeDeadLetters: (partition) => {
    asked.push(partition);
    return partition === 'T-9' ? { kind: 'unknown' } : { kind: 'resumed', partitions: ['T-0'] };
  },
  status: () => ({ ...NO_TASKS, version: VERSION, pid: 7, roles: ['stream'], reasons: {}, log: LEVEL }),
};

const start = async (folder = root, options: { isOwn?: boolean; version?: string } = {}) => {
  const { isOwn = true, version = VERSION } = options;
  const control = await ControlSocket.open({
    stateDir: folder,
    directory: isOwn ? folder : undefined,
    answer: (line) => answerLine(line, worker, version),
    log: pino({}, { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) }),
  });
  if (control) open.push(control);
  return control;
};

/** What the socket says to these bytes. */
const say = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(join(root, 'control.sock'), () => socket.write(bytes));
    socket.on('data', (data) => (answer += String(data)));
    socket.once('error', reject).once('close', () => resolve(answer));
  });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'control-'));
  asked = [];
});
afterEach(() => {
  for (const control of open.splice(0)) control.close();
  lines.length = 0;
  rmSync(root, { recursive: true, force: true });
});

describe('the control socket', () => {
  it('lets an operator change the log level, resume partitions, and see what the worker does', async () => {
    await start();
    expect(await askWorker(root, { command: 'log-level', level: 'debug', seconds: 60 })).toMatchObject(LEVEL);
    expect(await askWorker(root, { command: 'dlq-resume', partition: 'T-0' })).toMatchObject({ resumed: ['T-0'] });
    expect(await askWorker(root, { command: 'status' })).toMatchObject({ pid: 7, version: VERSION, tasks: [] });
    expect(asked).toEqual([['debug', 60], 'T-0']);
  });

  it('is for the user of the worker alone', async () => {
    await start();
    expect(statSync(join(root, 'control.sock')).mode & 0o777).toBe(0o600);
  });

  it('lies where the store does, when that is in a folder within STATE_DIR', async () => {
    mkdirSync(join(root, 'store'));
    await start(join(root, 'store'));
    expect(await askWorker(root, { command: 'status' })).toMatchObject({ pid: 7 });
  });

  it('is there in a folder whose path is longer than that of a socket may be', async () => {
    const deep = join(root, 'd'.repeat(120), 'e'.repeat(120));
    mkdirSync(deep, { recursive: true });
    await start(deep);
    expect(await askWorker(deep, { command: 'status' })).toMatchObject({ pid: 7 });
  });

  it('replaces the one that a dead worker left', async () => {
    const left = createServer().listen(join(root, 'left.sock'));
    await new Promise((resolve) => left.once('listening', resolve));
    renameSync(join(root, 'left.sock'), join(root, 'control.sock'));
    left.close();
    expect(existsSync(join(root, 'control.sock'))).toBe(true);
    for (const isOwn of [true, false]) {
      await start(root, { isOwn });
      expect(await askWorker(root, { command: 'status' })).toMatchObject({ pid: 7 });
      open.pop()!.close();
    }
  });

  it('leaves nothing behind, and cuts who is connected', async () => {
    const control = await start();
    const waiting = say('');
    await new Promise((resolve) => setTimeout(resolve, 50));
    open.pop();
    control!.close();
    expect(await waiting).toBe('');
    expect(readdirSync(root)).toEqual([]);
  });

  it('does not take away that of the worker which came after it', async () => {
    const first = await start();
    const second = await start();
    open.length = 0;
    first!.close();
    expect(await askWorker(root, { command: 'status' })).toMatchObject({ pid: 7 });
    second!.close();
    expect(readdirSync(root)).toEqual([]);
  });

  it('of a gateway is not put in place of one that answers, which the log says', async () => {
    const stream = await start();
    expect(await start(root, { isOwn: false })).toBeUndefined();
    expect(lines).toMatchObject([{ error: 'another worker has this STATE_DIR' }]);
    expect(stream).toBeDefined();
    expect(await askWorker(root, { command: 'status' })).toMatchObject({ pid: 7 });
  });

  it.each([
    ['no JSON', 'status\n'],
    ['another command', '{"command":"stop"}\n'],
    ['a level that there is not', '{"command":"log-level","level":"loud"}\n'],
    ['a time that is too long', '{"command":"log-level","level":"debug","seconds":1e9}\n'],
    ['a line without end', 'x'.repeat(5000)],
  ])('refuses %s, and goes on', async (_, bytes) => {
    await start();
    expect(JSON.parse(await say(bytes))).toMatchObject({ ok: false, version: VERSION });
    expect(await askWorker(root, { command: 'status' })).toMatchObject({ pid: 7 });
  });
});

describe('who asks a worker', () => {
  const status = (): Promise<unknown> => askWorker(root, { command: 'status' }, 300);

  it('is told when there is none on this STATE_DIR, also when one has died', async () => {
    await expect(status()).rejects.toThrow(`no worker runs on STATE_DIR ${root}`);
    const left = createServer().listen(join(root, 'left.sock'));
    await new Promise((resolve) => left.once('listening', resolve));
    renameSync(join(root, 'left.sock'), join(root, 'control.sock'));
    left.close();
    await expect(status()).rejects.toThrow(`no worker runs on STATE_DIR ${root}`);
    root = join(root, 'never-made');
    await expect(status()).rejects.toThrow(`no worker runs on STATE_DIR ${root}`);
  });

  it.skipIf(process.geteuid?.() === 0).each(['the socket', 'the folder'])(
    'is told when it has no right to %s',
    async (what) => {
      await start();
      const path = what === 'the folder' ? root : join(root, 'control.sock');
      chmodSync(path, 0);
      await expect(status())
        .rejects.toThrow('you have no right to')
        .finally(() => chmodSync(path, 0o700));
    },
  );

  it('is told when the worker does not answer', async () => {
    const silent = createServer().listen(join(root, 'control.sock'));
    await new Promise((resolve) => silent.once('listening', resolve));
    await expect(status()).rejects.toThrow('does not answer');
    silent.close();
  });

  it('is told when something else answers', async () => {
    const other = createServer((socket) => socket.end('hello\n')).listen(join(root, 'control.sock'));
    await new Promise((resolve) => other.once('listening', resolve));
    await expect(status()).rejects.toThrow('is no worker that this command');
    other.close();
  });

  it('is told both versions when a worker of another one refuses', async () => {
    await start(root, { version: '9.9.9' });
    await expect(askWorker(root, { command: 'dlq-resume', partition: 'T-9' })).rejects.toThrow(
      `(the worker is of version 9.9.9, this command of ${VERSION})`,
    );
  });

  it('is told which command says who has a partition that this worker does not have', async () => {
    await start();
    await expect(askWorker(root, { command: 'dlq-resume', partition: 'T-9' })).rejects.toThrow(
      /does not have the partition T-9: .*notification-streams tasks/,
    );
  });
});
