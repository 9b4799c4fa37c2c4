/** `topology`: prints the declared graph. */
import { ConfigError } from '../common/errors.js';
import { describeAsMermaid, describeAsText } from '../topology/graph/describe.js';
import { rulesIn } from '../processors/rules/shipped.js';
import { notifications } from '../topology/notifications.js';

export function printTopology(format: string): void {
  if (format !== 'text' && format !== 'mermaid')
    throw new ConfigError([`--format is "${format}": expected text or mermaid`]);
  const map = notifications(rulesIn(process.env['RULES_DIR'] || undefined).sources);
  process.stdout.write(format === 'text' ? describeAsText(map) : describeAsMermaid(map));
}
