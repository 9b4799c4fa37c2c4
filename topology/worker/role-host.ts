/** The worker around its roles. */
import type { EventEncoder } from '../../schemas/codecs.js';

export interface RoleHost {
  /** The encoder of what we write. Waits for the registry. */
  encoder(): Promise<EventEncoder>;
  /** Something that waiting does not cure: the worker ends. */
  fatal(error: unknown): void;
}
