/** What options there are, for a machine. */
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import type { OptionDefinition } from '../../topology/worker/option-definition.js';
import { OPTIONS, TOPIC_OPTION } from '../../topology/worker/options.js';

/** An object an option. */
export function optionObjects(): readonly object[] {
  const options = Object.entries<OptionDefinition>(OPTIONS).map(([name, option]) => {
    const { group, help, more, unit, unset, default: byDefault, required, secret, file } = option;
    return {
      ...{ name, group, help, more, unit },
      expects: option.schema.description,
      default: byDefault ?? null,
      unset,
      required: required !== undefined,
      file: (secret ?? file) && `${name}_FILE`,
    };
  });
  const topics = CONTRACT_TOPICS.map((name) => ({
    ...{ name, group: 'topics', help: TOPIC_OPTION.help },
    ...{ expects: TOPIC_OPTION.schema.description, default: name, required: false },
  }));
  return [...options, ...topics];
}
