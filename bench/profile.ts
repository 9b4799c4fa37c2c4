/** `npx tsx bench/profile.ts FILE...`: where the time of a V8 CPU profile goes, by function, its own time only. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../common/project-root.js';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Before each sample, microseconds. */
  readonly timeDeltas: readonly number[];
}

const SHOWN = 45;

for (const file of process.argv.slice(2)) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id)!;
    times.set(name, (times.get(name) ?? 0) + timeDeltas[index]! / 1000);
  }
  const busy = [...times].filter(([name]) => name !== '(idle)').reduce((sum, [, ms]) => sum + ms, 0);
  console.log(`${file}: ${Math.round(busy)} ms busy, ${Math.round(times.get('(idle)') ?? 0)} ms idle`);
  const own = [...times].filter(([name]) => name !== '(idle)');
  for (const [name, ms] of own.sort(([, a], [, b]) => b - a).slice(0, SHOWN)) {
    console.log(`${((100 * ms) / busy).toFixed(1).padStart(6)} %  ${ms.toFixed(0).padStart(6)} ms  ${name}`);
  }
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.startsWith('file:') ? relative(projectRoot(), fileURLToPath(url)) : url;
  return [functionName || '(anonymous)', ...(file ? [`${file}:${lineNumber + 1}`] : [])].join(' ');
}
