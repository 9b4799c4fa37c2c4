/** What must be undone at the end, in the reverse order of its doing. */
import { messageOf } from '../../common/errors.js';

/** Undoes one thing; a text that it gives, or resolves with, says what was found wrong. */
type Undo = () => unknown;

export class Cleanup {
  readonly #steps: { readonly what: string; readonly undo: Undo }[] = [];

  /** `what` completes "could not ...". */
  add(what: string, undo: Undo): void {
    this.#steps.push({ what, undo });
  }

  /** Takes every step, even when one before it fails; returns all that was wrong. */
  async run(): Promise<string[]> {
    const faults: string[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        const fault = await step.undo();
        if (typeof fault === 'string') faults.push(fault);
      } catch (error) {
        faults.push(`could not ${step.what}: ${messageOf(error)}`);
      }
    }
    return faults;
  }
}
