/** The ERP as its topics see it: every service's events in a believable mix, with the faults that real streams have. */
import type { SourceTopic } from '../../common/record.js';
import { Account } from './account.js';
import { anyService } from './any-service.js';
import { crm } from './crm.js';
import { expectedOutputs, type ExpectedOutput } from '../contract/expected-outputs.js';
import { deadLetterIdentity } from '../contract/identities.js';
import { encode, poison } from './poison.js';
import { ptmTask } from './ptm-task.js';
import { sales } from './sales.js';
import type { SimulatedEvent, World } from './simulated-event.js';
import type { SourceEncoder } from './source-encoder.js';

/** What a record is to us: a first-seen event, one that was sent before, one that cannot be worked with, or one to pass over. */
export type RecordKind = 'event' | 'repeat' | 'poison' | 'skipped';

/** A record to be produced, and what must come of it. */
export interface ErpRecord {
  readonly kind: RecordKind;
  readonly topic: SourceTopic;
  readonly key: string;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly expected: readonly ExpectedOutput[];
}

const FAULTS = { none: 0.878, repeat: 0.1, poison: 0.012, tombstone: 0.005 } as const;
const SERVICES = { ptm_task: 40, sales: 25, crm: 20, 'any service': 11, account: 4 } as const;
/** A repeat is of one of the last so many events. */
const REMEMBERED = 500;

export class Erp {
  readonly #world: World;
  readonly #encoder: SourceEncoder;
  readonly #account: Account;
  readonly #recent: ErpRecord[] = [];
  #next = 0;

  constructor(world: World, encoder: SourceEncoder) {
    this.#world = world;
    this.#encoder = encoder;
    this.#account = new Account(world);
  }

  /** What account sends of everyone who is there at the beginning: to be produced before anything else happens to them. */
  arrivals(): ErpRecord[] {
    return this.#world.staff.people.map((person) => this.#sent(this.#account.arrival(person)));
  }

  next(): ErpRecord {
    const { random } = this.#world;
    switch (random.weighted(FAULTS)) {
      case 'none':
        return this.#sent(this.#event());
      case 'repeat':
        return this.#recent.length === 0
          ? this.#sent(this.#event())
          : { ...random.pick(this.#recent), kind: 'repeat', expected: [] };
      case 'poison':
        return this.#poison();
      case 'tombstone':
        return this.#tombstone();
    }
  }

  #event(): SimulatedEvent {
    switch (this.#world.random.weighted(SERVICES)) {
      case 'ptm_task':
        return ptmTask(this.#world);
      case 'sales':
        return sales(this.#world);
      case 'crm':
        return crm(this.#world);
      case 'any service':
        return anyService(this.#world);
      case 'account':
        return this.#account.next();
    }
  }

  #sent(simulated: SimulatedEvent): ErpRecord {
    const { topic, key } = simulated;
    const expected = this.#expected(simulated);
    const value = encode(this.#encoder, simulated);
    if (expected === undefined) return { kind: 'skipped', topic, key, value, expected: [] };
    const record: ErpRecord = { kind: 'event', topic, key, value, expected };
    this.#recent[this.#next] = record;
    this.#next = (this.#next + 1) % REMEMBERED;
    return record;
  }

  #expected(simulated: SimulatedEvent): ExpectedOutput[] | undefined {
    const { staff, now } = this.#world;
    return expectedOutputs(simulated, { contactOf: ({ userId }) => staff.person(userId), now: now() });
  }

  #poison(): ErpRecord {
    const { random } = this.#world;
    const { topic, value, reason } = poison(random, this.#encoder, this.#nothingOfAccount());
    const key = `poison-${random.hex(16)}`;
    const expected: ExpectedOutput[] = [{ output: 'dead letter', identity: deadLetterIdentity(reason, key, value) }];
    return { kind: 'poison', topic, key, value, expected };
  }

  #tombstone(): ErpRecord {
    const { topic, key } = this.#nothingOfAccount();
    return { kind: 'skipped', topic, key, value: null, expected: [] };
  }

  /** An event to spoil: of a known type, as another is passed over whatever is wrong with it; and no change of a user lost. */
  #nothingOfAccount(): SimulatedEvent {
    for (;;) {
      const simulated = this.#world.random.pick([ptmTask, sales, crm, anyService])(this.#world);
      if (this.#expected(simulated) !== undefined) return simulated;
    }
  }
}
