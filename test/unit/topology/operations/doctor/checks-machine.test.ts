import { describe, expect, it } from 'vitest';
import {
  judgeDisk,
  judgeFiles,
  judgeFolder,
  judgeMemory,
  judgeNode,
  judgeOptions,
} from '../../../../../topology/operations/doctor/checks-machine.js';
import type { FoundFolder } from '../../../../../topology/operations/doctor/machine.js';
import { parseConfig } from '../../../../../topology/worker/config.js';
import { matching, saying } from '../../../said.js';

const MIB = 1024 * 1024;
const folder: FoundFolder = {
  ...{ path: '/state', isThere: true, isFolder: true, mode: 0o700, uid: 1000, isWritable: true },
  ...{ freeBytes: 4096 * MIB, fileSystem: 0xef53 },
};

describe('STATE_DIR', () => {
  it.each([
    ['is ours', {}, 'ok', /^\/state \(mode 0700, owner 1000\)$/],
    ['will be made', { path: '/', isThere: false }, 'ok', /will be made in \//],
    ['is of another user', { uid: 0, mode: 0o2775 }, 'ok', /the store lies in \/state\/store/],
    ['is no folder', { isFolder: false }, 'fault', /is no folder/],
    ['cannot be written', { isWritable: false }, 'fault', /cannot be written/],
    ['cannot be made', { path: '/', isThere: false, isWritable: false }, 'fault', /cannot be made in \//],
    ['may be written in by anybody', { mode: 0o1777 }, 'fault', /anybody: no worker starts/],
  ] as const)('that %s', (_, over, mark, found) => {
    expect(judgeFolder({ ...folder, ...over }, '/state', 1000)).toMatchObject([{ mark, found: matching(found) }]);
  });

  it.each([
    ['a disk with free space', {}, ['ok']],
    ['a full disk', { freeBytes: MIB }, ['fault']],
    ['a disk that is nearly full', { freeBytes: 100 * MIB }, ['warning']],
    ['NFS', { fileSystem: 0x6969 }, ['warning']],
    ['tmpfs, nearly full', { fileSystem: 0x01021994, freeBytes: 100 * MIB }, ['warning', 'warning']],
  ] as const)('on %s', (_, over, marks) => {
    expect(judgeDisk({ ...folder, ...over }).map(({ mark }) => mark)).toEqual(marks);
  });
});

it('says how many sockets a low limit of open files leaves', () => {
  expect(judgeFiles(24_512, true)).toMatchObject([{ mark: 'ok' }]);
  expect(judgeFiles(1024, true)).toMatchObject([
    { mark: 'warning', found: '1024 open files are allowed: the gateway takes 426 sockets', expected: '24512' },
  ]);
  expect(judgeFiles(1024, false)).toMatchObject([{ mark: 'ok' }]);
});

describe('Node', () => {
  const found = { node: '20.19.0', glibc: '2.36', gatewayFault: undefined, openFiles: 1024 };

  it.each([
    ['20.19.0', 'ok'],
    ['20.18.3', 'fault'],
    ['18.20.0', 'fault'],
    ['24.1.0', 'ok'],
  ])('%s is %s', (node, mark) => {
    expect(judgeNode({ ...found, node })).toMatchObject([{ mark }]);
  });

  it('on a glibc that is too old for the gateway says what would do', () => {
    const gatewayFault = "version `GLIBC_2.38' not found";
    expect(judgeNode({ ...found, node: '22.0.0', gatewayFault })).toMatchObject([
      { mark: 'fault', toDo: saying('ROLES=stream') },
    ]);
  });
});

it.each([
  [736 * MIB, true, 'ok'],
  [735 * MIB, true, 'warning'],
  [256 * MIB, false, 'ok'],
])('memory of %i, with tasks: %s, is %s', (limit, isStream, mark) => {
  expect(judgeMemory(limit, isStream, 16)).toMatchObject([{ mark }]);
});

describe('options', () => {
  const judged = (over: Record<string, string>): string[] =>
    judgeOptions(parseConfig({ KAFKA_BROKERS: 'b:1', ...over })).map(({ mark, found }) => `${mark}: ${found}`);

  it('by default fit together', () => {
    expect(judged({})).toEqual(['ok: they fit together']);
  });

  it.each([
    [{ HTTP_PORT: '8080' }, /^fault: HTTP_PORT and GATEWAY_PORT are both 8080/],
    [{ SESSION_TIMEOUT_MS: '3000' }, /^warning: SESSION_TIMEOUT_MS is 3000/],
    [{ COMMIT_INTERVAL_MS: '20000' }, /^fault: COMMIT_INTERVAL_MS is 20000/],
    [
      { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'secret' },
      /^warning: KAFKA_SASL_MECHANISM is plain/,
    ],
  ])('%j do not', (over, found) => {
    expect(judged(over)).toEqual([matching(found)]);
  });
});
