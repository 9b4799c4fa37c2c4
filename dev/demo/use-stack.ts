/** The broker and the registry of a run: those that the environment names, or the project's own. */
import { applicableEnvironment } from '../stack/environment.js';
import { down, up } from '../stack/stack.js';
import type { Cleanup } from './cleanup.js';

export interface UsedStack {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
}

/** Starts the project's own stack unless another is named or it runs already; what it started is stopped at the end. */
export async function useStack(cleanup: Cleanup, say: (line: string) => void): Promise<UsedStack> {
  const environment = applicableEnvironment(process.env);
  if (environment.kind === 'configured') {
    say(`kafka:  ${environment.kafkaBrokers} (KAFKA_BROKERS)`);
    return environment;
  }
  const stack = await up({ progress: say });
  const isOurs = stack.started.length === stack.members.length;
  if (isOurs) {
    cleanup.add('stop the stack', async () => {
      await down();
    });
  }
  say(
    `kafka:  ${stack.kafkaBrokers} (a real one, ${isOurs ? 'started for this run' : 'found running'}, in ${stack.root})`,
  );
  return stack;
}
