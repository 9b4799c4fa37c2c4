/** `node:timers/promises` on the simulation's clock. */
import { simulation } from './simulation.js';

interface Options {
  readonly signal?: AbortSignal;
}

export function setTimeout<T>(ms: number, value?: T, { signal }: Options = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      cancel();
      reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
    };
    const cancel = simulation().add(
      'timer',
      `${ms} ms`,
      () => {
        signal?.removeEventListener('abort', aborted);
        resolve(value as T);
      },
      ms,
    );
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}
