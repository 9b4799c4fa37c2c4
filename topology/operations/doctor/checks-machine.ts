/** Whether this machine, this Node and these options will do. */
import { DEFAULT_LIMITS } from '../../../gateway/limits.js';
import { PROBE_BYTES } from '../../../state/lmdb/free-space.js';
import { WRITE_FOR_ALL } from '../../../state/lmdb/private-folder.js';
import type { Config } from '../../worker/config.js';
import { connectionsWithin, descriptorsWanted } from '../../worker/descriptors.js';
import { check, fault, ok, orOk, warning, type Check, type Finding } from './check.js';
import { findFolder, findProcess, memoryLimit, type FoundFolder, type FoundProcess } from './machine.js';

const MIB = 1024 * 1024;
/** What a store of a day or two wants; a start wants PROBE_BYTES. */
const GOOD_FREE = 1024 * MIB;
/** By the magic numbers of statfs(2). */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x5346414f, 'AFS'],
]);
const IN_MEMORY = 0x01021994;

/** `user`: whom the process runs as; undefined on Windows. */
export function judgeFolder(
  { path, isThere, isFolder, mode, uid, isWritable }: FoundFolder,
  stateDir: string,
  user: number | undefined,
): readonly Finding[] {
  const about = `${path} (mode ${mode.toString(8).padStart(4, '0')}, owner ${uid})`;
  if (!isFolder) return [fault(`${about} is no folder`, 'a folder', 'name another STATE_DIR')];
  if (!isWritable)
    return [
      fault(
        isThere ? `${about} cannot be written` : `STATE_DIR ${stateDir} cannot be made in ${about}`,
        `a folder that user ${user ?? 'this'} may write in`,
        `mkdir -p ${stateDir} && chown ${user ?? '<user>'} ${stateDir}`,
      ),
    ];
  if (!isThere) return [ok(`STATE_DIR ${stateDir} will be made in ${path}`)];
  if (user === undefined) return [ok(about)];
  if ((mode & WRITE_FOR_ALL) !== 0)
    return [
      fault(
        `${about} may be written in by anybody: no worker starts`,
        'a folder of its own',
        `name a folder in it, such as STATE_DIR=${path}/notification-streams, or chmod o-w ${path}`,
      ),
    ];
  return [ok(uid === user ? about : `${about} is of another user: the store lies in ${path}/store, closed to others`)];
}

export function judgeDisk({ path, freeBytes, fileSystem }: FoundFolder): readonly Finding[] {
  const network = NETWORK_FILE_SYSTEMS.get(fileSystem);
  const findings: Finding[] = [];
  if (network !== undefined)
    findings.push(
      warning(
        `${path} is on a network file system (${network}): the store is mapped into memory and locked, which these do not do soundly`,
        'a disk of this machine',
        'name a STATE_DIR on a local disk: a store that is lost is restored from the changelog',
      ),
    );
  if (fileSystem === IN_MEMORY)
    findings.push(
      warning(
        `${path} is in memory (tmpfs): the store counts against it, and is gone with the machine`,
        'a disk',
        'name a STATE_DIR on a disk, unless a restore at each start is wanted',
      ),
    );
  const free = `${Math.floor(freeBytes / MIB)} MiB`;
  if (freeBytes < PROBE_BYTES)
    findings.push(fault(`${path} has ${free} free: a worker waits`, '4 MiB at least', 'free some space'));
  else if (freeBytes < GOOD_FREE)
    findings.push(
      warning(
        `${path} has ${free} free`,
        '1 GiB; the store takes some 18 bytes an event of DEDUP_WINDOW',
        'free some space, or name another STATE_DIR',
      ),
    );
  return orOk(findings, `${free} free`);
}

export function judgeFiles(limit: number, isGateway: boolean): readonly Finding[] {
  const sockets = isGateway ? DEFAULT_LIMITS.maxSockets : 0;
  const wanted = descriptorsWanted(sockets);
  if (limit >= wanted) return [ok(`${limit} open files`)];
  const taken = isGateway ? `: the gateway takes ${connectionsWithin(limit, sockets).maxSockets} sockets` : '';
  return [
    warning(
      `${limit} open files are allowed${taken}`,
      `${wanted}`,
      'ulimit -n, LimitNOFILE= of the systemd unit, the ulimits of the container',
    ),
  ];
}

export function judgeNode({ node, glibc, gatewayFault }: FoundProcess): readonly Finding[] {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const findings: Finding[] = [];
  if (major < 20 || (major === 20 && minor < 19))
    findings.push(fault(`this is Node ${node}`, '20.19 or newer', 'install a newer Node'));
  if (gatewayFault !== undefined)
    findings.push(
      fault(
        `the gateway cannot be loaded on Node ${node} and glibc ${glibc ?? '(none)'}: ${gatewayFault}`,
        'glibc 2.38 on Node 22 and newer (Debian 13, Ubuntu 24.04)',
        'run on a newer system, on Node 20, or with ROLES=stream',
      ),
    );
  return orOk(findings, `Node ${node}, glibc ${glibc ?? 'none'}`);
}

/** A worker of one task keeps some 170 MB (docs/performance.md); a task the buffers of its last two commits, up to 16 MiB each. */
const [BASE_BYTES, TASK_BYTES] = [224 * MIB, 32 * MIB];

export function judgeMemory(limit: number, isStream: boolean, maxTasks: number): readonly Finding[] {
  const wanted = BASE_BYTES + (isStream ? maxTasks * TASK_BYTES : 0);
  const found = `${Math.floor(limit / MIB)} MiB of memory`;
  const need = `${wanted / MIB} MiB`;
  if (limit >= wanted) return [ok(`${found}; ${need} will do for ${isStream ? `${maxTasks} tasks` : 'a gateway'}`)];
  return [
    warning(
      `${found}, by the machine or the control group: too little when all ${maxTasks} tasks are here`,
      `${need}, and 4 bytes an event of DEDUP_WINDOW`,
      'raise the limit (memory.max, resources.limits.memory), or lower MAX_TASKS before the first start',
    ),
  ];
}

/** Those of the options that are sound each by itself: what parseConfig refuses is refused before. */
export function judgeOptions(config: Config): readonly Finding[] {
  const { roles, httpPort, gatewayPort, httpHost, gatewayHost } = config;
  const findings: Finding[] = [];
  if (roles.length > 1 && httpPort !== 0 && httpPort === gatewayPort && httpHost === gatewayHost)
    findings.push(
      fault(`HTTP_PORT and GATEWAY_PORT are both ${httpPort}`, 'a port for each', 'set another GATEWAY_PORT'),
    );
  if (config.kafkaSaslMechanism === 'plain' && config.kafka.ssl === undefined)
    findings.push(
      warning(
        'KAFKA_SASL_MECHANISM is plain, and KAFKA_SSL is not on: the password goes over the network as it is',
        'TLS',
        'set KAFKA_SSL=true, or KAFKA_SSL_CA',
      ),
    );
  if (config.sessionTimeoutMs < 6000)
    findings.push(
      warning(
        `SESSION_TIMEOUT_MS is ${config.sessionTimeoutMs}: brokers refuse less than their group.min.session.timeout.ms`,
        '6000 or more, by their default',
        'set SESSION_TIMEOUT_MS=6000',
      ),
    );
  if (config.commitIntervalMs >= config.transactionTimeoutMs)
    findings.push(
      fault(
        `COMMIT_INTERVAL_MS is ${config.commitIntervalMs}, TRANSACTION_TIMEOUT_MS ${config.transactionTimeoutMs}: transactions may end before they are committed`,
        'far less than TRANSACTION_TIMEOUT_MS',
        'leave COMMIT_INTERVAL_MS at its default',
      ),
    );
  return orOk(findings, 'they fit together');
}

const user = (): number | undefined => process.geteuid?.();

export const MACHINE_CHECKS: readonly Check[] = [
  check(
    {
      name: 'state folder',
      asks: 'looks at STATE_DIR, or at the folder in which it would be made: owner, mode, rights',
    },
    ({ config, isStream }) => (isStream ? findFolder(config.stateDir) : undefined),
    (folder, { config }) => (folder ? judgeFolder(folder, config.stateDir, user()) : [ok('a gateway needs none')]),
  ),
  check(
    { name: 'disk', asks: 'asks its file system for its kind and for free space (statfs)' },
    ({ config, isStream }) => (isStream ? findFolder(config.stateDir) : undefined),
    (folder) => (folder ? judgeDisk(folder) : [ok('a gateway needs none')]),
  ),
  check(
    { name: 'open files', asks: 'reads the limit of this process' },
    () => findProcess(false),
    ({ openFiles }, { isGateway }) => judgeFiles(openFiles, isGateway),
  ),
  check(
    { name: 'node', asks: 'reads the versions of Node and glibc; loads what the gateway loads' },
    ({ isGateway }) => findProcess(isGateway),
    judgeNode,
  ),
  check(
    { name: 'memory', asks: 'reads the limit of the control group, and what the machine has' },
    () => memoryLimit(),
    (limit, { config, isStream }) => judgeMemory(limit, isStream, config.maxTasks),
  ),
];

export const OPTION_CHECKS: readonly Check[] = [
  check(
    {
      name: 'options',
      asks: 'parses all of them as a worker does (exit 2 where one is wrong), and looks whether they fit',
    },
    ({ config }) => config,
    judgeOptions,
  ),
];
