/** What a stack consists of: written beside its data, so that a later start uses the same cluster and, where free, the same ports. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FatalError } from '../../common/errors.js';
import { freePort, isFree } from './free-port.js';
import type { StackPlace } from './place.js';
import { makeVouchers, type Vouchers } from './vouchers.js';

export interface BrokerLayout {
  /** Node id, from 1. */
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** A second way in for clients, through something that stands between: it listens on `advertised` and passes on to `port`. */
  readonly front?: { readonly port: number; readonly advertised: number } | undefined;
  /** Where it listens with TLS, by how its clients say who they are. */
  readonly secured?: SecuredPorts | undefined;
}

export interface SecuredPorts {
  /** By name and password. */
  readonly sasl: number;
  /** By a certificate. */
  readonly mtls: number;
  /** By a token (OAUTHBEARER). */
  readonly oauth: number;
}

export interface Layout {
  readonly clusterId: string;
  readonly brokers: readonly BrokerLayout[];
  readonly registryPort: number;
  readonly brokerHeapMb: number;
  /** Who vouches for clients, when its brokers listen with TLS. */
  readonly vouchers?: Vouchers | undefined;
  /** Whether its brokers are compiled by the quick compiler alone. */
  readonly shortLived?: boolean | undefined;
}

const MOST_BROKERS = 3;

/** The layout beside the data, or undefined when there is none. */
export async function readLayout(root: string): Promise<Layout | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(root), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text) as Layout;
}

/**
 * The layout for a start at which nothing of the stack runs: the stored one with every port that is no longer free
 * replaced, or a new one. It is written down before it is returned.
 */
export async function planLayout(place: StackPlace): Promise<Layout> {
  const stored = await readLayout(place.root);
  checkBrokers(place, stored);
  const taken = new Set<number>();
  const keepOrChoose = async (port: number | undefined): Promise<number> => {
    if (port === undefined || !(await isFree(port))) return freePort(taken);
    taken.add(port);
    return port;
  };
  const count = stored?.brokers.length ?? place.brokers ?? 1;
  const brokers: BrokerLayout[] = [];
  for (let index = 0; index < count; index++) {
    const before = stored?.brokers[index];
    brokers.push({
      id: index + 1,
      port: await keepOrChoose(before?.port),
      controllerPort: await keepOrChoose(before?.controllerPort),
      ...((before ? before.front : place.fronted)
        ? {
            front: {
              port: await keepOrChoose(before?.front?.port),
              advertised: await keepOrChoose(before?.front?.advertised),
            },
          }
        : {}),
      ...((before ? before.secured : place.secured)
        ? {
            secured: {
              sasl: await keepOrChoose(before?.secured?.sasl),
              mtls: await keepOrChoose(before?.secured?.mtls),
              oauth: await keepOrChoose(before?.secured?.oauth),
            },
          }
        : {}),
    });
  }
  const layout: Layout = {
    clusterId: stored?.clusterId ?? newClusterId(),
    brokers,
    registryPort: await keepOrChoose(stored?.registryPort),
    brokerHeapMb: stored?.brokerHeapMb ?? place.brokerHeapMb,
    vouchers: stored ? stored.vouchers : place.secured ? makeVouchers() : undefined,
    shortLived: stored?.shortLived ?? place.shortLived,
  };
  await writeLayout(place.root, layout);
  return layout;
}

/** @throws FatalError when the number of brokers asked for is out of range, or not that of the data. */
export function checkBrokers({ brokers, root }: StackPlace, stored: Layout | undefined): void {
  if (brokers === undefined) return;
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > MOST_BROKERS) {
    throw new FatalError(`A local stack has 1 to ${MOST_BROKERS} brokers; asked for: ${brokers}.`);
  }
  if (stored !== undefined && stored.brokers.length !== brokers) {
    throw new FatalError(
      `The stack in ${root} has ${stored.brokers.length} broker(s); asked for: ${brokers}. Reset it (this deletes its data), or use another folder.`,
    );
  }
}

async function writeLayout(root: string, layout: Layout): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(`${fileOf(root)}.new`, `${JSON.stringify(layout, undefined, 2)}\n`);
  await rename(`${fileOf(root)}.new`, fileOf(root));
}

function fileOf(root: string): string {
  return join(root, 'layout.json');
}

/** 16 random bytes in base64url, as Kafka's own; a leading dash would look like an option to its tools. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
