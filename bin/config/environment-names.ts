/** What is set in the environment and nobody reads, although somebody may have meant it for us. */
import { slipOf } from '../../common/closest.js';
import type { RawConfig } from '../../topology/worker/config.js';
import { FILE_NAMES as IN_FILES, OPTION_NAMES } from '../../topology/worker/options.js';

/** A letter away from an option of ours, and common for something else. */
const OF_OTHERS = new Set(['HTTPS_PORT', 'HTTPS_HOST']);

const FILE_NAMES = IN_FILES.map((name) => `${name}_FILE`);

/** A warning for each name that is a slip away from an option's, and for the file of what is no secret. No value is shown. */
export function environmentWarnings(environment: RawConfig): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (value === undefined || value === '' || OF_OTHERS.has(name)) return [];
    const meant = slipOf(name, [...OPTION_NAMES, ...FILE_NAMES]);
    if (meant !== undefined) return [`${name} is set in the environment, and nobody reads it; did you mean ${meant}?`];
    const option = name.replace(/_FILE$/, '');
    if (option === name || !OPTION_NAMES.includes(option) || FILE_NAMES.includes(name)) return [];
    return [
      `${name} is set in the environment, and nobody reads it: only these may be in a file (${FILE_NAMES.join(', ')}). Set ${option}`,
    ];
  });
}
