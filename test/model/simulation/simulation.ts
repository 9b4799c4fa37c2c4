/**
 * Several processes on one clock of our own, step by step. Whatever a process waits for (a request on its way, an
 * answer, a timer, a turn of the event loop, a write to its store) is an event here; one is let happen at a time, and
 * all that follows from it at once runs to its end before the next. Nothing depends on real time: the same choices
 * give the same run.
 */
import { vi } from 'vitest';
import type { Scheduler } from '../memory-broker/scheduler.js';
import { stubTimers } from './global-timers.js';

/** A process, to the simulation: its events happen while it runs. What it has sent is on its way all the same. */
export interface Process {
  readonly name: string;
  /** Paused: nothing happens in it until it runs again. Dead: what it waited for never comes. */
  state: 'running' | 'paused' | 'dead';
}

export type EventKind = 'request' | 'answer' | 'timer' | 'turn' | 'store' | 'broker';

interface SimulatedEvent {
  readonly kind: EventKind;
  /** Undefined for what happens among the brokers. */
  readonly process: Process | undefined;
  readonly what: string;
  readonly dueAt: number;
  readonly happen: () => void;
}

const realImmediate = setImmediate;
const START = 1_700_000_000_000;

/** What is called by the code under test finds its simulation here. */
const active: { simulation?: Simulation } = {};

/** The simulation that runs now. */
export function simulation(): Simulation {
  if (!active.simulation) throw new Error('no simulation is running: nothing may wait here');
  return active.simulation;
}

export class Simulation implements Scheduler {
  readonly #events: SimulatedEvent[] = [];
  #now = START;
  #current: Process | undefined;
  #random = 1;
  /** The last things that happened, for a failure's message. */
  readonly trace: string[] = [];

  /** Takes the place of clock, timers, event loop and chance until `end`. */
  begin(): void {
    Object.assign(active, { simulation: this });
    stubTimers(this);
    vi.spyOn(performance, 'now').mockImplementation(() => this.#now);
    vi.spyOn(Date, 'now').mockImplementation(() => this.#now);
    vi.spyOn(Math, 'random').mockImplementation(() => this.#chance());
  }

  end(): void {
    delete active.simulation;
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }

  now(): number {
    return this.#now;
  }

  get current(): Process | undefined {
    return this.#current;
  }

  /** Something that the running process waits for; the answer takes it back. */
  add(kind: EventKind, what: string, happen: () => void, afterMs = 0, process = this.#current): () => void {
    if (process?.state === 'dead' && kind !== 'request') return () => undefined;
    const event = { kind, process, what, dueAt: this.#now + afterMs, happen };
    this.#events.push(event);
    return () => {
      const at = this.#events.indexOf(event);
      if (at >= 0) this.#events.splice(at, 1);
    };
  }

  later(what: string, run: () => void, afterMs = 0): void {
    this.#events.push({ kind: 'broker', process: undefined, what, dueAt: this.#now + afterMs, happen: run });
  }

  /** Runs a piece of a process, and what follows from it at once. */
  async within(process: Process | undefined, run: () => void): Promise<void> {
    this.#current = process;
    try {
      run();
      await new Promise<void>((resolve) => realImmediate(resolve));
    } finally {
      this.#current = undefined;
    }
  }

  /**
   * Lets one event happen: the next that is due, or with a `choice` another of those that are due within a moment.
   * The clock moves to it. False when nothing is to come.
   */
  async step(choice = 0): Promise<boolean> {
    const possible = this.#events.filter(
      ({ process, kind }) => process === undefined || process.state === 'running' || kind === 'request',
    );
    if (possible.length === 0) return false;
    possible.sort((a, b) => a.dueAt - b.dueAt);
    const until = Math.max(this.#now, possible[0]!.dueAt) + MOMENT_MS;
    const due = possible.filter(({ dueAt }) => dueAt <= until);
    const event = due[choice % due.length]!;
    this.#now = Math.max(this.#now, event.dueAt);
    this.#events.splice(this.#events.indexOf(event), 1);
    this.#record(event);
    await this.within(event.process, event.happen);
    return true;
  }

  /** The clock jumps; what came due meanwhile happens from the next step on. */
  elapse(ms: number): void {
    this.#now += ms;
  }

  /** What the process waited for never comes. */
  kill(process: Process): void {
    process.state = 'dead';
    for (let at = this.#events.length - 1; at >= 0; at -= 1) {
      const { process: owner, kind } = this.#events[at]!;
      // A request that was sent is on its way, whoever sent it.
      if (owner === process && kind !== 'request') this.#events.splice(at, 1);
    }
  }

  note(what: string): void {
    this.trace.push(`${this.#now - START} ${what}`);
    if (this.trace.length > TRACED) this.trace.shift();
  }

  #record({ kind, process, what }: SimulatedEvent): void {
    if (!UNTOLD.has(what)) this.note(`${process?.name ?? 'broker'} ${kind} ${what}`);
  }

  /** The same sequence in every run (xorshift). */
  #chance(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return (this.#random >>> 0) / 0x1_0000_0000;
  }
}

const TRACED = 80;
/** Happens all the time. */
const UNTOLD: ReadonlySet<string> = new Set(['Fetch', 'Heartbeat', 'a long poll ends', 'turn']);
/** How far apart two events may be and still change places, ms. */
const MOMENT_MS = 3;
