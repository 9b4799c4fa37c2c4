/** `topology`: prints the declared graph. */
import { ConfigError } from '../common/errors.js';
import { describeAsMermaid, describeAsText } from '../topology/graph/describe.js';
import { notifications } from '../topology/notifications.js';

export function printTopology(format: string): void {
  if (format !== 'text' && format !== 'mermaid')
    throw new ConfigError([`--format is "${format}": expected text or mermaid`]);
  process.stdout.write(format === 'text' ? describeAsText(notifications) : describeAsMermaid(notifications));
}
