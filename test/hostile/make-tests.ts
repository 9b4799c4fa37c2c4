/** Makes a test of each try. They share a scene until one of them does not hold: then the next one gets another. */
import { afterAll, describe, it } from 'vitest';

import type { TryGroup } from './try.js';

interface Scene {
  close(): Promise<void>;
}

export function makeTests<S extends Scene>(group: TryGroup<S>, open: () => Promise<S>, form: 'short' | 'whole'): void {
  const tries = group.tries.filter(({ isShort }) => form === 'whole' || isShort);
  describe(group.title, () => {
    let scene: S | undefined;
    const close = async (): Promise<void> => {
      const closing = scene;
      scene = undefined;
      await closing?.close();
    };
    afterAll(close);
    for (const { name, run } of tries) {
      it(name, { timeout: 180_000 }, async () => {
        scene ??= await open();
        try {
          await run(scene);
        } catch (error) {
          await close();
          throw error;
        }
      });
    }
  });
}
