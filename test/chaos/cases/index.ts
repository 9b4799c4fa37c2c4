/** Every case of the fault matrix, in its order. */
import type { ChaosCase, NotRun } from '../case.js';
import { BROKER_CASES } from './brokers.js';
import { GATEWAY_CASES } from './gateway.js';
import { HOSTILE_CASES } from './hostile.js';
import { INPUT_CASES } from './input.js';
import { LIMIT_CASES } from './limits.js';
import { NETWORK_CASES } from './network.js';
import { STATE_CASES } from './state.js';
import { WORKER_CASES } from './workers.js';

export const CASES: readonly ChaosCase[] = [
  ...WORKER_CASES,
  ...BROKER_CASES,
  ...NETWORK_CASES,
  ...STATE_CASES,
  ...INPUT_CASES,
  ...HOSTILE_CASES,
  ...LIMIT_CASES,
  ...GATEWAY_CASES,
].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));

/** Cases that cannot be made on one machine, or that are about what does not exist yet. */
export const NOT_RUN: readonly NotRun[] = [
  { id: '26', name: 'power loss', why: 'needs dm-flakey or LazyFS, or a machine that can be switched off' },
];
