/** A Dockerfile, instruction by instruction: as much of the language as ours uses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../common/project-root.js';

interface Instruction {
  readonly name: string;
  /** What stands behind it. */
  readonly rest: string;
}

/** One stage: what it is made from, what it is called, its instructions. */
export interface Stage {
  readonly from: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The Dockerfile's stages, with its ARGs put in. Throws where it continues a line, which ours does not. */
export function readDockerfile(): Stage[] {
  const args = new Map<string, string>();
  const stages: { from: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of readFileSync(join(projectRoot(), 'Dockerfile'), 'utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', text = ''] = /^([A-Z]+) (.*[^\\])$/.exec(line) ?? [];
    if (name === '') throw new Error(`Dockerfile: "${line}" is no instruction on one line`);
    const rest = text.replace(/\$\{(\w+)\}/g, (_, arg: string) => args.get(arg) ?? '');
    if (name === 'ARG') args.set(...(rest.split('=') as [string, string]));
    else if (name === 'FROM') {
      const [from = '', , stage] = rest.split(' ');
      stages.push({ from, name: stage, instructions: [] });
    } else stages.at(-1)!.instructions.push({ name, rest });
  }
  return stages;
}

/** What each instruction of the name says, in order. */
export function all(stage: Stage, name: string): string[] {
  return stage.instructions.filter((one) => one.name === name).map(({ rest }) => rest);
}
