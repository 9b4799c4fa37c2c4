/** The verbs that ask the worker of STATE_DIR, against a control socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../common/errors.js';
import { projectVersion } from '../../../common/project-root.js';
import { ControlSocket } from '../../../topology/worker/control.js';
import { answerLine, type ControlledWorker } from '../../../topology/worker/control-protocol.js';
import type { WorkerStatus } from '../../../topology/worker/status.js';
import { runCommand } from './run-command.js';

const UNTIL = '2026-01-31T00:10:00.000Z';
const BUSY: WorkerStatus = {
  ...{ version: projectVersion(), pid: 7, roles: ['stream', 'gateway'] },
  reasons: { tasks: 'partitions are paused: T-3' },
  log: { level: 'debug', configured: 'info', until: UNTIL },
  tasks: [{ task: 3, state: 'running', partitions: ['T-3', 'U-3'] }],
  standbys: [1],
  paused: [{ partition: 'T-3', offset: 1000, reason: 'bad-magic', since: Date.UTC(2026, 0, 31) }],
};

let folder: string;
let socket: ControlSocket | undefined;
let status: WorkerStatus;
let paused: readonly string[];
const worker: ControlledWorker = {
  setLogLevel: (level, seconds) => ({ level, configured: 'info', ...(seconds === undefined ? {} : { until: UNTIL }) }),
  resumeDeadLetters: (partition) => ({ kind: 'resumed', partitions: partition === 'T-0' ? [] : paused }),
  status: () => status,
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verbs-'));
  vi.stubEnv('STATE_DIR', folder);
  [status, paused] = [BUSY, ['T-3', 'U-3']];
  socket = await ControlSocket.open({
    ...{ stateDir: folder, directory: folder, log: pino({ level: 'silent' }) },
    answer: (line) => answerLine(line, worker, projectVersion()),
  });
});
afterEach(() => {
  socket?.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('status', () => {
  it('says what the worker does, for a person', async () => {
    expect((await runCommand('status')).lines).toEqual([
      `worker ${projectVersion()} (pid 7), stream and gateway: not ready`,
      '  tasks: partitions are paused: T-3',
      `log level: debug until ${UNTIL}; LOG_LEVEL is info`,
      'task 3     running    T-3 U-3',
      'standby of tasks 1',
      'paused: T-3 at offset 1000, by its dead-letter budget (bad-magic), since 2026-01-31T00:00:00.000Z',
    ]);
    status = { ...BUSY, reasons: {}, log: { level: 'info', configured: 'info' }, tasks: [], standbys: [], paused: [] };
    expect((await runCommand('status')).lines).toEqual([
      `worker ${projectVersion()} (pid 7), stream and gateway: ready`,
      'log level: info',
    ]);
  });

  it('says it for a machine as one object', async () => {
    const { lines } = await runCommand('status', '--json');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([BUSY]);
  });

  it('says when no worker is there', async () => {
    socket?.close();
    socket = undefined;
    await expect(runCommand('status')).rejects.toThrow(`no worker runs on STATE_DIR ${folder}`);
  });
});

describe('log-level', () => {
  it('changes the level, for a while or until the worker ends', async () => {
    expect((await runCommand('log-level', 'debug', '--for', '10m')).lines).toEqual([
      `log level: debug until ${UNTIL}; LOG_LEVEL is info`,
    ]);
    expect((await runCommand('log-level', 'warn')).lines).toEqual([
      'log level: warn until the worker ends; LOG_LEVEL is info',
    ]);
  });

  it.each([
    [['loud'], 'log-level is "loud": expected trace, debug, info, warn, error, fatal, silent'],
    [['debug', '--for', '10'], '--for is "10": expected a number and a unit'],
    [['debug', '--for', '8d'], '--for is "8d": expected a number and a unit'],
  ])('refuses %j before it asks', async (args, fault) => {
    const refused: unknown = await runCommand('log-level', ...args).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect((refused as ConfigError).faults).toEqual([expect.stringContaining(fault)]);
  });
});

describe('dlq resume', () => {
  it('says which partitions go on', async () => {
    expect((await runCommand('dlq', 'resume')).lines).toEqual(['resumed  T-3', 'resumed  U-3']);
  });

  it('says on standard error that there is nothing to resume', async () => {
    const said: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    paused = [];
    expect((await runCommand('dlq', 'resume')).lines).toEqual([]);
    expect((await runCommand('dlq', 'resume', '--partition', 'T-0')).lines).toEqual([]);
    write.mockRestore();
    expect(said).toEqual(['no partition is paused\n', 'T-0 is not paused\n']);
  });
});
