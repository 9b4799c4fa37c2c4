/** `state reseed`: the stores of STATE_DIR to an empty changelog. */
import type { Config } from '../topology/config.js';
import { createLogger } from '../topology/log.js';
import { reseed } from '../topology/reseed.js';

export async function reseedCommand(config: Config): Promise<void> {
  const done = await reseed(config, createLogger(config.LOG_LEVEL));
  if (done.length === 0) process.stdout.write(`STATE_DIR ${config.STATE_DIR} holds no store\n`);
  for (const { task, entries } of done)
    process.stdout.write(`task ${task}: ${entries} entries written to the changelog\n`);
}
