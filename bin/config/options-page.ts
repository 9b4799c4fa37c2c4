/** Prints docs/configuration.md: the options are data. */
import { SINK_TOPICS, SOURCE_TOPICS, type SinkTopic } from '../../common/record.js';
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { OPTION_GROUPS, type OptionDefinition } from '../../topology/worker/option-definition.js';
import { OPTIONS, TOPIC_OPTION } from '../../topology/worker/options.js';

const HEAD = `# Configuration

This page is printed from [topology/worker/options.ts](../topology/worker/options.ts), as \`notification-streams --help\` is.
After a change there run \`npx vitest run --project unit test/unit/docs/configuration.test.ts -u\`.

An option may be set in four ways; the first of them that sets it counts:

1. A flag: \`--set NAME=value\` with any command, \`--roles\` with \`worker\`.
2. The environment.
3. A config file, \`--config file.json\`: one object of options by their names.
4. The default.

All faults are reported at once, each with the value that was given and what was expected; the exit code is 2.
An option that is set to nothing counts as not set.

A secret or a certificate may be in a file instead: \`JWT_SECRET_FILE=/run/secrets/jwt\` sets \`JWT_SECRET\` to what that file holds,
without a line break at its end.
It may stand wherever the option itself may.
A worker reads it again while it runs: [how each is changed](connections.md#changing-a-secret).

\`notification-streams config check\` says whether what is set is sound, \`config print\` what is set, and where.
A name in the environment that is a letter away from an option is warned of, there and in the worker's log at its start.
`;

const named = (topics: readonly string[]): string => topics.map((topic) => `\`${topic}\``).join(', ');

const TOPICS = `### The contract's topics

${TOPIC_OPTION.help}

- Sources: ${named(SOURCE_TOPICS)}.
- Sinks: ${named(CONTRACT_TOPICS.filter((topic) => SINK_TOPICS.includes(topic as SinkTopic)))}.

Each expects ${TOPIC_OPTION.schema.description}.
`;

export function printPage(): string {
  const options = Object.entries<OptionDefinition>(OPTIONS);
  const groups = Object.entries(OPTION_GROUPS).flatMap(([group, title]) => [
    `## ${title}\n`,
    ...options.filter(([, option]) => option.group === group).map(([name, option]) => printOption(name, option)),
    ...(group === 'connect' ? [TOPICS] : []),
  ]);
  return [HEAD, ...groups].join('\n');
}

function printOption(name: string, option: OptionDefinition): string {
  const file =
    (option.secret ?? option.file) ? [`${option.secret ? 'Secret; may' : 'May'} be set as \`${name}_FILE\`.`] : [];
  return [
    `### ${name}`,
    '',
    option.help,
    ...(option.more ?? []),
    '',
    `Expects ${option.schema.description!}.`,
    ...file,
    whenNotSet(option),
    '',
  ].join('\n');
}

function whenNotSet({ default: byDefault, unset }: OptionDefinition): string {
  if (byDefault === '') return 'Empty by default.';
  if (byDefault !== undefined) return `Default: \`${byDefault}\`.`;
  return unset === undefined ? 'Must be set.' : `Not set: ${unset}.`;
}
