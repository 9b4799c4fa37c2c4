/** Plays one input of a target, within bounds of work and memory. */
import { Fault, type Input, type Target } from './target.js';

/** CPU of this process for one input. No input of a few KB may cost more. */
const MAX_CPU_MS = 1000;
/** What the process may grow by for one input. The largest batch unpacks to 128 MB, in a buffer and a copy. */
const MAX_GROWTH_KB = 512 * 1024;
const TRIES = 5;

/** Gives the outcome; throws a Fault when a law is broken, or it took too much. */
export async function play(target: Target, input: Input): Promise<string> {
  const before = process.resourceUsage().maxRSS;
  const cpu = process.cpuUsage();
  const outcome = await target.play(input);
  // A garbage collection may fall into it, or the machine's other work be counted: what is the input's is there each time.
  for (let tries = 1, took = cpuMs(cpu); took > MAX_CPU_MS; tries += 1) {
    if (tries === TRIES) throw new Fault(`takes at most ${MAX_CPU_MS} ms of CPU`, `${took} ms`);
    const again = process.cpuUsage();
    await target.play(input);
    took = cpuMs(again);
  }
  const growth = process.resourceUsage().maxRSS - before;
  if (growth > MAX_GROWTH_KB) throw new Fault(`takes at most ${MAX_GROWTH_KB / 1024} MB`, `${growth / 1024} MB`);
  return outcome;
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
