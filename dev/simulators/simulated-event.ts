import type { SourceEvents } from '../../schemas/codecs.js';
import type { SourceTopic } from '../../common/record.js';
import type { Random } from './random.js';
import type { Staff } from './staff.js';
import type { ExpectedOutput } from './expected-outputs.js';

/** An event as one of the ERP's services sends it, and what must come of it. */
export type SimulatedEvent = { [T in SourceTopic]: SimulatedEventOf<T> }[SourceTopic];

interface SimulatedEventOf<T extends SourceTopic> {
  readonly topic: T;
  readonly key: string;
  readonly event: SourceEvents[T];
  /** Empty for a change that nobody is told of; undefined for an event type that the contract does not know. */
  readonly expected: readonly ExpectedOutput[] | undefined;
}

/** What every service knows of its world. */
export interface World {
  readonly random: Random;
  readonly staff: Staff;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Makes a service's next event. */
export type Service = (world: World) => SimulatedEvent;
