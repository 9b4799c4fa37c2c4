/**
 * One commit after another: while commit N is on the wire, the records of N+1 are staged. If N fails, N+1 is dropped
 * with it. Never more than one commit in flight, never one commit's output in two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CommitUnknownError, StoreFullError } from '../../common/errors.js';
import { RefusedError, type GroupMember } from '../kafka/index.js';
import type { Positions, StateChanges } from '../graph/task-state.js';
import { commit, type CommitTarget } from './commit.js';
import { isDue, isFull, waitMs, type CommitLimits, type OpenCommit } from './commit-policy.js';
import type { CommitSize } from './commit-size.js';
import type { DeadLetterPauses } from './dead-letter-pauses.js';
import type { Refusals } from './refusals.js';
import { report } from './report.js';
import { StagedCommit } from './staged-commit.js';
import { StagedOutputs } from './staged-outputs.js';
import type { TaskParts } from './task-parts.js';

/** What earlier commits of the task have shown, over its takeovers. */
export interface CommitHistory {
  readonly size: CommitSize;
  readonly refusals: Refusals;
  /** Undefined without a dead-letter budget. */
  readonly pauses: DeadLetterPauses | undefined;
}

/** Where the commits of a takeover begin. */
export interface CommitBegin {
  readonly positions: Positions;
  readonly history: CommitHistory;
}

/** Who is told how commits go. */
export interface CommitListener {
  readonly isRunning: boolean;
  /** Under whose generation commits are made. */
  readonly member: GroupMember;
  /** A commit is on its way. */
  begins(): void;
  /** A commit holds, or one that was held back may begin: more can be staged. */
  ready(): void;
  /** A commit is refused: what is staged is dropped, and records are read again from the last one that holds. */
  goBack(): void;
  /** A commit failed and nothing was dropped yet: FencedError, CommitUnknownError, StoreFullError, or something fatal. */
  failed(error: unknown): void;
}

/** A commit that is refused for what no record has done is tried again after this, ms. */
const REFUSED_RETRY_MS = 1000;

export class CommitLoop {
  readonly #target: CommitTarget;
  readonly #parts: TaskParts;
  readonly #listener: CommitListener;
  /** Ends the waits. */
  readonly #signal: AbortSignal;
  readonly #size: CommitSize;
  readonly refusals: Refusals;
  readonly pauses: DeadLetterPauses | undefined;
  /** Where the last commit that holds left each source. */
  #committed: Positions;
  /** What the stores do not hold yet, newest first: the commit that is being put together, and the one in flight. */
  #layers: readonly [staged: StagedCommit, inFlight?: StagedCommit];
  /** The commit in flight, however it ends. */
  #committing: Promise<void> = Promise.resolve();
  #lastBegan = -Infinity;
  #isWaiting = false;
  /** Commits are refused for what no record has done. */
  #isRefused = false;
  /** Those of a commit that holds, both empty: their buffers are written again. */
  #spare: { readonly outputs: StagedOutputs; readonly changes: StateChanges } | undefined;

  /** Begins at these positions, with nothing staged. */
  constructor(
    target: CommitTarget,
    { positions, history }: CommitBegin,
    parts: TaskParts,
    listener: CommitListener,
    signal: AbortSignal,
  ) {
    this.#target = target;
    this.#parts = parts;
    this.#listener = listener;
    this.#signal = signal;
    this.#committed = positions;
    this.#size = history.size;
    this.refusals = history.refusals;
    this.pauses = history.pauses;
    this.#layers = [this.#stage(positions)];
  }

  get layers(): readonly StagedCommit[] {
    return this.#layers as readonly StagedCommit[];
  }

  /** The commit that is being put together. */
  get staged(): StagedCommit {
    return this.#layers[0];
  }

  get #inFlight(): StagedCommit | undefined {
    return this.#layers[1];
  }

  /** Where the last commit that holds left each source. */
  get committed(): Positions {
    return this.#committed;
  }

  /** A commit is on its way, or it failed: its outcome is not known. */
  get isInFlight(): boolean {
    return this.#inFlight !== undefined;
  }

  /** For how long the commit that began last has been on its way, ms. */
  get commitMs(): number {
    return performance.now() - this.#lastBegan;
  }

  /** A quota holds it back. */
  get isThrottled(): boolean {
    return this.#target.producer.isThrottled;
  }

  /** Nothing is staged, and nothing in flight. */
  get isIdle(): boolean {
    return !this.isInFlight && this.staged.isEmpty;
  }

  isFull(): boolean {
    const { records, outputs } = this.staged;
    return isFull({ records, bytes: outputs.bytes }, this.#limits());
  }

  /** Commits what is staged, if it is time. `drained`: nothing is left that could be processed now. */
  beginIfDue(drained: boolean): void {
    if (this.isInFlight || this.staged.isEmpty) return;
    const { openedAt, records, outputs } = this.staged;
    const open: OpenCommit = {
      now: performance.now(),
      ...{ openedAt, records, bytes: outputs.bytes, drained, lastBegan: this.#lastBegan },
    };
    const limits = this.#limits();
    if (isDue(open, limits)) this.#begin();
    else if (drained) this.#wakeIn(waitMs(open, limits));
  }

  /**
   * Waits for the commit in flight, then commits what is staged, while `wanted` says so. Never on top of one that
   * failed: what it sent may be in the transaction that is open still, or may not.
   */
  async settle(wanted: () => boolean): Promise<void> {
    await this.#committing;
    if (this.#signal.aborted || !wanted() || this.isInFlight || this.staged.isEmpty) return;
    this.#begin();
    await this.#committing;
  }

  /** Commits the positions themselves: a first start's, or `latest` would be another offset after a crash. */
  async commitPositions(): Promise<void> {
    const { staged } = this;
    await commit(staged, this.#target, this.#listener.member, this.#signal);
    // The stores have these positions: those that move from here on are others.
    this.#layers = [this.#stage(staged.positions)];
  }

  #limits(): CommitLimits {
    const { commitIntervalMs, commitRecords } = this.#parts.job.limits;
    return { intervalMs: commitIntervalMs, records: this.refusals.limit(commitRecords), bytes: this.#size.bytes };
  }

  #wakeIn(ms: number): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void delay(ms).then(() => {
      this.#isWaiting = false;
      if (!this.#signal.aborted) this.#listener.ready();
    });
  }

  #stage(positions: Positions): StagedCommit {
    const { outputs, changes } = this.#spare ?? {
      outputs: new StagedOutputs(this.#target, this.#parts.job.encoder),
      changes: this.#target.state.stage(),
    };
    this.#spare = undefined;
    return new StagedCommit(positions, outputs, changes);
  }

  #begin(): void {
    const { staged } = this;
    this.#layers = [this.#stage(staged.positions), staged];
    const began = performance.now();
    this.#lastBegan = began;
    this.#listener.begins();
    const { tracing } = this.#parts.worker;
    const run = (): Promise<void> => commit(staged, this.#target, this.#listener.member, this.#signal);
    this.#committing = tracing.commit(staged.outputs, staged.records, run).then(
      () => this.#holds(staged, began),
      (error: unknown) => this.#failed(staged, began, error),
    );
  }

  /** Step 6 of the commit (commit.ts): the stores answer for it now. */
  #holds(staged: StagedCommit, began: number): void {
    const { worker } = this.#parts;
    const ms = performance.now() - began;
    this.#count(staged, ms);
    // Closed, or taken over meanwhile: it counts, and what comes of it was read from the brokers.
    if (this.#signal.aborted) return;
    this.#layers = [this.staged];
    this.#committed = staged.positions;
    this.#target.state.applied(staged);
    this.refusals.passed(staged.positions);
    if (this.#isRefused) worker.outage(this.#target.task, undefined);
    this.#isRefused = false;
    this.#size.took(staged.outputs.bytes, ms);
    staged.outputs.clear();
    staged.changes.clear();
    this.#spare = { outputs: staged.outputs, changes: staged.changes };
    this.#listener.ready();
  }

  #failed(staged: StagedCommit, began: number, error: unknown): void {
    if (this.#inFlight !== staged || this.#signal.aborted) return;
    const { metrics, sampledLog } = this.#parts.worker;
    if (!(error instanceof RefusedError)) {
      if (error instanceof CommitUnknownError) {
        this.#size.failed(staged.outputs.bytes, error);
        this.refusals.unknown(staged, this.#committed);
      }
      // Kafka holds it, only the stores do not yet.
      if (error instanceof StoreFullError) this.#count(staged, performance.now() - began);
      this.#listener.failed(error);
      return;
    }
    metrics.transactions_total.inc({ outcome: 'aborted' });
    const remedy = this.refusals.refused(staged, this.staged.positions, error);
    const { task } = this.#target;
    // Each record that the brokers do not take makes some: what sends such records must not fill the log.
    sampledLog.warn({ task, records: staged.records, error: error.message, remedy }, 'a commit was refused');
    if (remedy === 'try-again') this.#goBack();
    else void this.#waitOut(staged, error);
  }

  /** Kafka holds it. */
  #count(staged: StagedCommit, ms: number): void {
    const { metrics, clock } = this.#parts.worker;
    report(staged, ms / 1000, metrics, clock.now());
    this.pauses?.committed(staged);
  }

  /** Something that no record has done keeps records from being staged, or commits from being made. */
  refuse(error: unknown): Promise<void> {
    this.#isRefused = true;
    this.#parts.worker.outage(this.#target.task, error);
    return delay(REFUSED_RETRY_MS, undefined, { signal: this.#signal });
  }

  /** Nothing is dead-lettered for what no record has done, such as a dead-letter topic that takes nothing. */
  async #waitOut(staged: StagedCommit, error: RefusedError): Promise<void> {
    await this.refuse(error).catch(() => undefined); // closed meanwhile
    if (this.#inFlight === staged && this.#listener.isRunning) this.#goBack();
  }

  /** Drops what is staged: it is read again from the last commit that holds. */
  #goBack(): void {
    this.#spare = undefined;
    this.#layers = [this.#stage(this.#committed)];
    this.#listener.goBack();
  }
}
