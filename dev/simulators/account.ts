/**
 * account: people come, change their settings and passwords, and go.
 *
 * What the other services' events lead to depends on what is known of their recipients at that moment. So that it can
 * be told beforehand, people of whom the others speak never gain or lose an address, their last device or a mute; and
 * those who come later are spoken of by account alone, whose events bring the state that they need.
 */
import type { UserEvent } from '../../schemas/types.js';
import type { SimulatedEvent, World } from './simulated-event.js';
import type { Person } from './staff.js';

/** LOGIN_FAILED is none of the contract's. */
const MIX = { PASSWORD_CHANGED: 45, USER_UPDATED: 34, USER_CREATED: 15, USER_DELETED: 5.5, LOGIN_FAILED: 0.5 };
const PLACES = [
  { locale: 'en-GB', timeZone: 'Europe/London' },
  { locale: 'vi-VN', timeZone: 'Asia/Ho_Chi_Minh' },
  { locale: 'de-AT', timeZone: 'Europe/Vienna' },
] as const;

export class Account {
  readonly #world: World;
  readonly #newcomers: Person[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The event that makes a person known. */
  arrival(person: Person): SimulatedEvent {
    return this.#event('USER_CREATED', person);
  }

  next(): SimulatedEvent {
    const { random, staff } = this.#world;
    const eventType = random.weighted(MIX);
    switch (eventType) {
      case 'USER_CREATED': {
        const person = staff.hire();
        this.#newcomers.push(person);
        return this.arrival(person);
      }
      case 'USER_DELETED': {
        const person = this.#newcomers.shift();
        return person === undefined ? this.#passwordChange() : this.#event(eventType, person);
      }
      case 'USER_UPDATED': {
        const person = this.#changed(staff.anyone());
        staff.update(person);
        return this.#event(eventType, person);
      }
      case 'PASSWORD_CHANGED':
        return this.#passwordChange();
      case 'LOGIN_FAILED':
        return this.#event(eventType, staff.anyone());
    }
  }

  #passwordChange(): SimulatedEvent {
    return this.#event('PASSWORD_CHANGED', this.#world.staff.anyone());
  }

  /** Somebody moved; or got a new phone, if there was one before. */
  #changed(person: Person): Person {
    const { random, staff } = this.#world;
    if (random.chance(0.5) || person.deviceTokens.length === 0) return { ...person, ...random.pick(PLACES) };
    return { ...person, deviceTokens: [...person.deviceTokens.slice(-1), staff.newDevice()] };
  }

  #event(eventType: string, person: Person): SimulatedEvent {
    const eventId = `account-${this.#world.random.hex(16)}`;
    const event: UserEvent = { ...person, eventId, eventType, timestamp: BigInt(this.#world.now()) };
    // By user, not by event: a user's changes stay in order.
    return { topic: 'USER_EVENT_TOPIC', key: `${person.tenantId}|${person.userId}`, event };
  }
}
