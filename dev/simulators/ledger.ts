/** What went in and what must come of it, against what came out. Holds only what is still open, so it may run for ever. */
import { SOURCE_TOPICS, type SourceTopic } from '../../common/record.js';
import type { ErpRecord, RecordKind } from './erp.js';
import { noOutputs, OUTPUTS, type Output } from '../contract/expected-outputs.js';

/** One output by which expected and seen differ. */
export interface Difference {
  readonly output: Output;
  readonly identity: string;
  /** How many came out too few (below 0) or too many. */
  readonly surplus: number;
}

export class Ledger {
  /** Records sent, by topic and kind. */
  readonly sent = new Map<SourceTopic, Record<RecordKind, number>>(
    SOURCE_TOPICS.map((topic) => [topic, { event: 0, repeat: 0, poison: 0, skipped: 0 }]),
  );
  readonly expected = noOutputs();
  readonly seen = noOutputs();
  /** In-app notifications that a client has confirmed or read. */
  confirmed = 0;
  /** Seen less expected, by identity; nothing where they are equal. */
  readonly #open = new Map<Output, Map<string, number>>(OUTPUTS.map((output) => [output, new Map<string, number>()]));

  /** A record that is about to be sent: its outputs may be seen at any moment from here on. */
  expect(record: ErpRecord): void {
    this.sent.get(record.topic)![record.kind] += 1;
    for (const { output, identity } of record.expected) {
      this.expected[output] += 1;
      this.#move(output, identity, -1);
    }
  }

  /** A record that came out. */
  see(output: Output, identity: string): void {
    this.seen[output] += 1;
    this.#move(output, identity, 1);
  }

  get isSettled(): boolean {
    return [...this.#open.values()].every((identities) => identities.size === 0);
  }

  /** Everything that is missing, and everything that was not to come. */
  differences(): Difference[] {
    return [...this.#open].flatMap(([output, identities]) =>
      [...identities].map(([identity, surplus]) => ({ output, identity, surplus })),
    );
  }

  #move(output: Output, identity: string, by: 1 | -1): void {
    const open = this.#open.get(output)!;
    const balance = (open.get(identity) ?? 0) + by;
    if (balance === 0) open.delete(identity);
    else open.set(identity, balance);
  }
}
