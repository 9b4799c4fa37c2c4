/** A reporter for the end of a run: which files took the time, with what they set up before their first test. */
import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 10;

export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => ({ name: module.relativeModuleId, ms: module.diagnostic().duration }))
      .sort((a, b) => b.ms - a.ms);
    // Some run beside others: together they take longer than the run.
    console.log('\nThe slowest files, in seconds:');
    for (const { name, ms } of files.slice(0, SHOWN)) console.log(`${(ms / 1000).toFixed(1).padStart(7)}  ${name}`);
  }
}
