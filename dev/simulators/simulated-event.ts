import type { ContractEvent } from '../../schemas/codecs.js';
import type { Random } from './random.js';
import type { Staff } from './staff.js';

/** An event as one of the ERP's services sends it. */
export type SimulatedEvent = ContractEvent & { readonly key: string };

/** What every service knows of its world. */
export interface World {
  readonly random: Random;
  readonly staff: Staff;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Makes a service's next event. */
export type Service = (world: World) => SimulatedEvent;
