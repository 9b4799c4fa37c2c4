/** The people of the simulated companies, and who of them something happens to. */
import type { Random } from './random.js';

export interface Person {
  readonly tenantId: bigint;
  readonly userId: bigint;
  readonly fullName: string;
  readonly email: string | null;
  readonly locale: string;
  readonly timeZone: string;
  readonly deviceTokens: readonly string[];
  readonly mutedChannels: readonly string[];
}

/** One tenant's id lies beyond 2^53, as do all user ids: a double would lose their last digits. */
const TENANTS = [
  { tenantId: 101n, domain: 'saomai.example' },
  { tenantId: 102n, domain: 'riverbend.example' },
  { tenantId: 9_007_199_254_740_993n, domain: 'nordlicht.example' },
] as const;
const FIRST_USER_ID = 7_204_851_923_377_840_131n;

const GIVEN = ['Linh', 'Minh', 'Anna', 'Tomás', 'Priya', 'Jonas', 'Huong', 'Grace', 'Omar', 'Sofia', 'Duc', 'Elif'];
const FAMILY = ['Tran', 'Nguyen', 'Schmidt', 'Alvarez', 'Raman', 'Berg', 'Pham', 'Okafor', 'Haddad', 'Rossi', 'Le'];
const PLACES = [
  { locale: 'vi-VN', timeZone: 'Asia/Ho_Chi_Minh' },
  { locale: 'en-US', timeZone: 'America/Chicago' },
  { locale: 'de-DE', timeZone: 'Europe/Berlin' },
] as const;

/** The page of the demo shows the first person unless it is told otherwise: often enough to be watched, not flooded. */
const STAR_SHARE = 0.04;

export class Staff {
  readonly #random: Random;
  readonly #people: Person[] = [];
  #hired = 0;

  /** Hires `count` people. The first one has an address, devices and no mutes; of the others, most. */
  constructor(random: Random, count: number) {
    this.#random = random;
    for (let index = 0; index < count; index += 1) this.#people.push(this.hire());
  }

  get people(): readonly Person[] {
    return this.#people;
  }

  /** Undefined for those who are not among `people`. */
  person(userId: bigint): Person | undefined {
    return this.#people.find((person) => person.userId === userId);
  }

  /** Somebody new, who is not among `people` and so gets nothing but what account says of them. */
  hire(): Person {
    const index = this.#hired;
    this.#hired += 1;
    const random = this.#random;
    const { tenantId, domain } = TENANTS[index % TENANTS.length]!;
    const given = GIVEN[index % GIVEN.length]!;
    const family = FAMILY[index % FAMILY.length]!;
    const account = `${given}.${family}${index < GIVEN.length * FAMILY.length ? '' : index}`;
    const isStar = index === 0;
    return {
      tenantId,
      userId: FIRST_USER_ID + BigInt(index),
      fullName: `${given} ${family}`,
      email: isStar || random.chance(0.88) ? `${plain(account)}@${domain}` : null,
      ...PLACES[index % PLACES.length]!,
      deviceTokens: isStar || random.chance(0.75) ? this.#devices(isStar ? 2 : 1 + random.below(2)) : [],
      mutedChannels: isStar ? [] : this.#mutes(),
    };
  }

  /** The one to whom the next thing happens. */
  anyone(): Person {
    return this.#random.chance(STAR_SHARE) ? this.#people[0]! : this.#random.pick(this.#people);
  }

  /** Someone else of the same company; the person itself where there is no other. */
  colleagueOf(person: Person): Person {
    const others = this.colleaguesOf(person);
    return others.length === 0 ? person : this.#random.pick(others);
  }

  colleaguesOf({ tenantId, userId }: Person): readonly Person[] {
    return this.#people.filter((other) => other.tenantId === tenantId && other.userId !== userId);
  }

  /** A person's new state takes the place of the old one. */
  update(person: Person): void {
    const index = this.#people.findIndex(({ userId }) => userId === person.userId);
    if (index >= 0) this.#people[index] = person;
  }

  newDevice(): string {
    return this.#devices(1)[0]!;
  }

  #devices(count: number): string[] {
    return Array.from({ length: count }, () => `fcm:${this.#random.hex(22)}`);
  }

  #mutes(): string[] {
    return Object.entries({ EMAIL: 0.15, PUSH: 0.12, IN_APP: 0.05 }).flatMap(([channel, share]) =>
      this.#random.chance(share) ? [channel] : [],
    );
  }
}

/** Without accents, in lower case: fit for an address. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase();
}
