/** The network between simulated processes and the brokers, with the faults that a test arms. */
import { ConnectionLostError, type Api, type Network } from '../memory-broker/memory-cluster.js';
import type { Process, Simulation } from './simulation.js';

/** One way, ms. */
const LATENCY_MS = 1;

/** What may happen to one request. */
export const FAULTS = [
  'lose-request',
  'lose-answer',
  'delay-request',
  'repeat-request',
  'crash-before',
  'crash-after',
  'pause-before',
  'pause-after',
] as const;
export type Fault = (typeof FAULTS)[number];

interface Armed {
  readonly process: Process;
  readonly api: Api;
  readonly fault: Fault;
}

export interface NetworkHost {
  readonly crash: (process: Process) => void;
  readonly pause: (process: Process) => void;
}

export class SimulatedNetwork implements Network {
  readonly #simulation: Simulation;
  readonly #host: NetworkHost;
  #armed: Armed[] = [];
  #isHealed = false;
  /** Requests that were given up by who sent them, and have not arrived yet. */
  #delayed: { readonly api: Api; readonly arrive: () => void }[] = [];

  constructor(simulation: Simulation, host: NetworkHost) {
    this.#simulation = simulation;
    this.#host = host;
  }

  /** The next request of this kind by this process meets the fault. */
  arm(process: Process, api: Api, fault: Fault): void {
    this.#armed.push({ process, api, fault });
  }

  /** No fault any more, not even to a request that is on its way. */
  heal(): void {
    this.#armed = [];
    this.#isHealed = true;
  }

  /** The oldest delayed request arrives. */
  async release(): Promise<void> {
    const next = this.#delayed.shift();
    if (!next) return;
    this.#simulation.note(`delayed ${next.api} arrives`);
    await this.#simulation.within(undefined, next.arrive);
  }

  get delayed(): number {
    return this.#delayed.length;
  }

  exchange<T>(api: Api, serve: () => T | Promise<T>): Promise<T> {
    const process = this.#simulation.current;
    if (!process) throw new Error(`${api} is sent by no process`);
    const fault = this.#take(process, api);
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void): void =>
        void this.#simulation.add('answer', api, settle, LATENCY_MS, process);
      const lost = (): void => answer(() => reject(new ConnectionLostError(`${api} was lost`)));
      const arrive = (): void => {
        settled(serve).then(
          (value) => {
            const late = this.#isHealed ? undefined : fault;
            if (late === 'crash-after') this.#host.crash(process);
            if (late === 'pause-after') this.#host.pause(process);
            if (late === 'lose-answer') lost();
            else answer(() => resolve(value));
          },
          (error: unknown) => {
            const cause = error instanceof Error ? error : new Error(String(error));
            answer(() => reject(cause));
          },
        );
      };
      this.#send(process, api, fault, arrive, lost, () => void settled(serve).catch(() => undefined)); // nobody waits for it
    });
  }

  #send(
    process: Process,
    api: Api,
    fault: Fault | undefined,
    arrive: () => void,
    lost: () => void,
    arriveUnheard: () => void,
  ): void {
    if (fault) this.#simulation.note(`${process.name} ${api}: ${fault}`);
    switch (fault) {
      case 'lose-request':
        lost();
        return;
      case 'delay-request':
        this.#delayed.push({ api, arrive: arriveUnheard });
        lost();
        return;
      case 'crash-before':
        this.#host.crash(process);
        return;
      case 'pause-before':
        // Not sent before it goes on.
        this.#host.pause(process);
        this.#simulation.add('turn', `sends ${api}`, arrive, 0, process);
        return;
      case 'repeat-request':
        this.#delayed.push({ api, arrive: arriveUnheard });
        break;
      case 'lose-answer':
      case 'crash-after':
      case 'pause-after':
      case undefined:
        break;
    }
    this.#simulation.add('request', api, arrive, LATENCY_MS, process);
  }

  #take(process: Process, api: Api): Fault | undefined {
    const at = this.#armed.findIndex((armed) => armed.process === process && armed.api === api);
    return at < 0 ? undefined : this.#armed.splice(at, 1)[0]!.fault;
  }
}

/** A promise of what is served, also when it throws. */
function settled<T>(serve: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(serve()));
}
