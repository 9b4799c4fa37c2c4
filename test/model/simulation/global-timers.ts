/** `setTimeout`, `setInterval` and `setImmediate` on the simulation's clock. */
import { vi } from 'vitest';
import type { Simulation } from './simulation.js';

const realClear = clearTimeout;

class SimulatedTimer {
  #cancel!: () => void;

  constructor(simulation: Simulation, run: () => void, ms: number, isRepeated: boolean) {
    const arm = (): void => {
      const happen = (): void => {
        if (isRepeated) arm();
        run();
      };
      this.#cancel = simulation.add('timer', `${ms} ms`, happen, ms);
    };
    arm();
  }

  /** The simulation ends when it ends, whatever it still waits for. */
  unref(): this {
    return this;
  }

  cancel(): void {
    this.#cancel();
  }
}

/** Until `vi.unstubAllGlobals`, no timer runs by the real clock. */
export function stubTimers(simulation: Simulation): void {
  const clear = (timer?: SimulatedTimer | NodeJS.Timeout): void => {
    if (timer instanceof SimulatedTimer) timer.cancel();
    else realClear(timer); // of somebody who began before us
  };
  vi.stubGlobal('setTimeout', (run: () => void, ms = 0) => new SimulatedTimer(simulation, run, ms, false));
  vi.stubGlobal('setInterval', (run: () => void, ms = 0) => new SimulatedTimer(simulation, run, ms, true));
  vi.stubGlobal('clearTimeout', clear);
  vi.stubGlobal('clearInterval', clear);
  vi.stubGlobal('setImmediate', (run: () => void) => simulation.add('turn', 'turn', run));
}
