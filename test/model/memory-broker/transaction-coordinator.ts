/**
 * The transaction coordinator: who may write under a transactional id, and what became of its transaction.
 *
 *     empty ──► ongoing ──► prepare ──► complete ──► ongoing ...      prepare → complete: when every marker is written
 *
 * The two phases are apart: EndTxn is answered when the outcome is decided, the markers follow one by one.
 */
import {
  CONCURRENT_TRANSACTIONS,
  INVALID_PRODUCER_EPOCH,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TXN_STATE,
  NONE,
  PRODUCER_FENCED,
} from './codes.js';
import type { Scheduler } from './scheduler.js';

type State = 'empty' | 'ongoing' | 'prepare' | 'complete';

interface Transaction {
  producerId: bigint;
  epoch: number;
  /** Whose the last transaction was that was ended: asked again, version 2 answers alike. */
  endedBy: Identity | undefined;
  state: State;
  /** How the last transaction was ended. */
  isCommit: boolean;
  timeoutMs: number;
  /** Partitions and groups that it touched, each waiting for a marker once the outcome is decided. */
  readonly participants: Set<string>;
  /** Counts transactions, so that the timeout of an earlier one does nothing. */
  begun: number;
}

export interface Owner {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** Under which a producer writes. */
interface Identity {
  readonly producerId: bigint;
  readonly epoch: number;
}

/** Writes the marker to one participant. */
export type WriteMarker = (participant: string, producerId: bigint, epoch: number, isCommit: boolean) => void;

const FIRST_PRODUCER_ID = 1000n;
/** Brokers write markers in a moment, not at once. */
const MARKER_MS = 2;

export class TransactionCoordinator {
  readonly #transactions = new Map<string, Transaction>();
  readonly #scheduler: Scheduler;
  readonly #writeMarker: WriteMarker;
  /** The last is kept back for fencing. */
  readonly #epochs: number;
  #nextId = FIRST_PRODUCER_ID;

  constructor(scheduler: Scheduler, writeMarker: WriteMarker, epochs: number) {
    this.#scheduler = scheduler;
    this.#writeMarker = writeMarker;
    this.#epochs = epochs;
  }

  /** Who may write under the transactional id now. */
  owner(transactionalId: string): Identity | undefined {
    return this.#transactions.get(transactionalId);
  }

  initProducerId(transactionalId: string, timeoutMs: number): { errorCode: number; producerId: bigint; epoch: number } {
    let transaction = this.#transactions.get(transactionalId);
    if (!transaction) {
      transaction = {
        producerId: this.#newId(),
        epoch: -1,
        endedBy: undefined,
        state: 'empty',
        isCommit: false,
        timeoutMs,
        participants: new Set(),
        begun: 0,
      };
      this.#transactions.set(transactionalId, transaction);
    }
    if (transaction.state === 'ongoing') this.#fence(transaction);
    if (transaction.state === 'prepare') return { errorCode: CONCURRENT_TRANSACTIONS, producerId: -1n, epoch: -1 };
    this.#nextEpoch(transaction);
    transaction.endedBy = undefined;
    transaction.timeoutMs = timeoutMs;
    transaction.state = 'empty';
    return { errorCode: NONE, producerId: transaction.producerId, epoch: transaction.epoch };
  }

  /** Takes partitions or a group into the transaction, which begins with the first of them. */
  add(owner: Owner, participants: readonly string[]): number {
    const found = this.#ownedBy(owner);
    return typeof found === 'number' ? found : this.#add(found, participants);
  }

  /** Version 2: the participant that this producer writes to comes into its transaction thereby. */
  join(producerId: bigint, epoch: number, participant: string): number {
    const found = this.#writtenBy(producerId, epoch);
    return typeof found === 'number' ? found : this.#add(found, [participant]);
  }

  end(owner: Owner, isCommit: boolean): number {
    const found = this.#ownedBy(owner);
    if (typeof found === 'number') return found;
    switch (found.state) {
      case 'ongoing':
        this.#prepare(found, isCommit, found.epoch);
        return NONE;
      case 'prepare':
        return found.isCommit === isCommit ? CONCURRENT_TRANSACTIONS : INVALID_TXN_STATE;
      case 'complete':
        return found.isCommit === isCommit ? NONE : INVALID_TXN_STATE;
      case 'empty':
        return INVALID_TXN_STATE;
    }
  }

  /** Version 2: each end is an epoch more, which the owner is given however often it asks. */
  endAndBump(owner: Owner, isCommit: boolean): { errorCode: number } & Identity {
    const refused = (errorCode: number) => ({ errorCode, producerId: -1n, epoch: -1 });
    const found = this.#transactions.get(owner.transactionalId);
    if (!found) return refused(INVALID_PRODUCER_ID_MAPPING);
    const { state, endedBy } = found;
    const isRepeat = endedBy?.producerId === owner.producerId && endedBy.epoch === owner.producerEpoch;
    if (isRepeat && (state === 'prepare' || state === 'complete')) {
      if (found.isCommit !== isCommit) return refused(INVALID_TXN_STATE);
      return state === 'prepare' ? refused(CONCURRENT_TRANSACTIONS) : answered(found);
    }
    if (found.producerId !== owner.producerId) return refused(INVALID_PRODUCER_ID_MAPPING);
    if (owner.producerEpoch !== found.epoch) return refused(PRODUCER_FENCED);
    if (state === 'prepare') return refused(CONCURRENT_TRANSACTIONS);
    if (isCommit && state !== 'ongoing') return refused(INVALID_TXN_STATE);
    found.endedBy = { producerId: found.producerId, epoch: found.epoch };
    this.#prepare(found, isCommit, found.epoch + 1);
    this.#nextEpoch(found);
    return answered(found);
  }

  /** May this producer write to the participant within its present transaction? */
  verify(producerId: bigint, epoch: number, participant: string): number {
    const found = this.#writtenBy(producerId, epoch);
    if (typeof found === 'number') return found;
    if (found.state === 'prepare') return CONCURRENT_TRANSACTIONS;
    return found.state === 'ongoing' && found.participants.has(participant) ? NONE : INVALID_TXN_STATE;
  }

  /** Whether the producer's last transaction is decided, and is a commit. */
  isCommitted(producerId: bigint): boolean {
    const found = [...this.#transactions.values()].find((transaction) => transaction.producerId === producerId);
    return found !== undefined && found.state !== 'ongoing' && found.isCommit;
  }

  #ownedBy({ transactionalId, producerId, producerEpoch }: Owner): Transaction | number {
    const found = this.#transactions.get(transactionalId);
    if (found?.producerId !== producerId) return INVALID_PRODUCER_ID_MAPPING;
    return found.epoch === producerEpoch ? found : INVALID_PRODUCER_EPOCH;
  }

  #writtenBy(producerId: bigint, epoch: number): Transaction | number {
    const found = [...this.#transactions.values()].find((transaction) => transaction.producerId === producerId);
    if (!found) return INVALID_PRODUCER_ID_MAPPING;
    return found.epoch === epoch ? found : INVALID_PRODUCER_EPOCH;
  }

  #add(transaction: Transaction, participants: readonly string[]): number {
    if (transaction.state === 'prepare') return CONCURRENT_TRANSACTIONS;
    if (transaction.state !== 'ongoing') this.#begin(transaction);
    for (const participant of participants) transaction.participants.add(participant);
    return NONE;
  }

  #begin(transaction: Transaction): void {
    transaction.state = 'ongoing';
    transaction.begun += 1;
    const { begun } = transaction;
    this.#scheduler.later(
      `timeout of transaction ${begun} of ${transaction.producerId}`,
      () => {
        if (transaction.state === 'ongoing' && transaction.begun === begun) this.#fence(transaction);
      },
      transaction.timeoutMs,
    );
  }

  /** Aborts under a newer epoch: whatever its owner still sends is stale. */
  #fence(transaction: Transaction): void {
    transaction.endedBy = { producerId: transaction.producerId, epoch: transaction.epoch };
    transaction.epoch += 1;
    this.#prepare(transaction, false, transaction.epoch);
  }

  #newId(): bigint {
    const id = this.#nextId;
    this.#nextId += 1n;
    return id;
  }

  /** Or another id's first, when this one's are used up. */
  #nextEpoch(transaction: Transaction): void {
    transaction.epoch += 1;
    if (transaction.epoch < this.#epochs) return;
    transaction.producerId = this.#newId();
    transaction.epoch = 0;
  }

  /** `epoch`: of the markers. */
  #prepare(transaction: Transaction, isCommit: boolean, epoch: number): void {
    transaction.state = 'prepare';
    transaction.isCommit = isCommit;
    const { producerId, participants } = transaction;
    const complete = (): void => {
      if (participants.size === 0) transaction.state = 'complete';
    };
    for (const participant of participants) {
      this.#scheduler.later(
        `marker to ${participant}`,
        () => {
          this.#writeMarker(participant, producerId, epoch, isCommit);
          participants.delete(participant);
          complete();
        },
        MARKER_MS,
      );
    }
    complete();
  }
}

function answered({ producerId, epoch }: Identity): { errorCode: number } & Identity {
  return { errorCode: NONE, producerId, epoch };
}
