/** Plays one scenario from its beginning to the end in which everything must have come right. */
import { perform, type Scenario } from './commands.js';
import type { Defect } from './defects.js';
import type { ModelState } from './states.js';
import { World } from './world.js';

/** Rejects with what does not hold, and the last things that happened before. */
export async function play(scenario: Scenario, state: ModelState, defect?: Defect): Promise<void> {
  const { violation, simulation } = await run(scenario, state, defect);
  if (!violation) return;
  const { message, cause } = violation;
  throw new Error(`${message}\n\nbefore that:\n${simulation.trace.join('\n')}`, { cause });
}

/** The world as the scenario left it. */
export async function run({ commands, ...setUp }: Scenario, state: ModelState, defect?: Defect): Promise<World> {
  const world = new World({ ...setUp, state, ...(defect && { defect }) });
  try {
    await world.begin();
    for (const command of commands) {
      if (world.violation) break;
      world.simulation.note(`— ${JSON.stringify(command)}`);
      await perform(world, command);
    }
    if (!world.violation) await world.heal();
  } finally {
    world.end();
  }
  return world;
}
