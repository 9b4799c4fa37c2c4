/** Where a stack lives: its data, its logs and the fetched artifacts. */
import { join, resolve } from 'node:path';
import { projectRoot } from '../../common/project-root.js';

export interface StackOptions {
  /** Folder of this stack's data, logs and pid files. Default: `.stack/dev` of the project. */
  readonly root?: string;
  /** Folder of the fetched artifacts, shared by all stacks. Default: `.stack/artifacts` of the project. */
  readonly artifacts?: string;
  /** How many brokers, 1 to 3; internal topics are replicated on all of them. Default: as many as the stack already has, else 1. */
  readonly brokers?: number;
  /** Gives each broker a second listener whose advertised port is another than its own: for a proxy of the tests. Default: none. */
  readonly fronted?: boolean;
  /** Gives each broker another listener, with TLS and SASL. Default: none. */
  readonly secured?: boolean;
  /** Each broker's largest heap, MB; fixed when the stack is made. Default: 512. */
  readonly brokerHeapMb?: number;
  /** Its brokers start with half of the work, and do more for each record: for tests; fixed when the stack is made. Default: no. */
  readonly shortLived?: boolean;
  /** How long starting may take, in milliseconds, without the fetching of artifacts. Default: 60 000. */
  readonly deadlineMs?: number;
  /** Called with short lines for a person to read. */
  readonly progress?: (line: string) => void;
  /** Where `java` and `mvn` are looked for (`PATH`, `JAVA_HOME`). Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** StackOptions with every default filled in. */
export interface StackPlace {
  readonly root: string;
  readonly artifacts: string;
  readonly brokers: number | undefined;
  readonly fronted: boolean;
  readonly secured: boolean;
  readonly brokerHeapMb: number;
  readonly shortLived: boolean;
  readonly deadlineMs: number;
  readonly progress: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

export function placeOf(options: StackOptions = {}): StackPlace {
  return {
    root: resolve(options.root ?? join(projectRoot(), '.stack', 'dev')),
    artifacts: resolve(options.artifacts ?? join(projectRoot(), '.stack', 'artifacts')),
    brokers: options.brokers,
    fronted: options.fronted ?? false,
    secured: options.secured ?? false,
    brokerHeapMb: options.brokerHeapMb ?? 512,
    shortLived: options.shortLived ?? false,
    deadlineMs: options.deadlineMs ?? 60_000,
    progress: options.progress ?? (() => undefined),
    env: options.env ?? process.env,
  };
}
