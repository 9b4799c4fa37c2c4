/** Plays one input of a target, within bounds of work and memory. */
import { Fault, type Input, type Target } from './target.js';

/** Of one input, CPU of this process. No input of a few KB may cost more. */
const MAX_CPU_MS = 1000;
/** What the process may grow by for one input. The largest batch unpacks to 128 MB, in a buffer and a copy. */
const MAX_GROWTH_KB = 512 * 1024;

/** Gives the outcome; throws a Fault when a law is broken, or it took too much. */
export async function play(target: Target, input: Input): Promise<string> {
  const before = process.resourceUsage().maxRSS;
  const cpu = process.cpuUsage();
  const outcome = await target.play(input);
  if (cpuMs(cpu) > MAX_CPU_MS) {
    // A garbage collection or a compilation of V8's may have fallen into it: twice, it is the input's.
    const again = process.cpuUsage();
    await target.play(input);
    if (cpuMs(again) > MAX_CPU_MS) throw new Fault(`takes at most ${MAX_CPU_MS} ms of CPU`, `${cpuMs(again)} ms`);
  }
  const growth = process.resourceUsage().maxRSS - before;
  if (growth > MAX_GROWTH_KB) throw new Fault(`takes at most ${MAX_GROWTH_KB / 1024} MB`, `${growth / 1024} MB`);
  return outcome;
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
