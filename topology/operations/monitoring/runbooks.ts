/** docs/runbooks.md: what each alert means, and what to do. */
import { alertName } from './alert-rules.js';
import { ALERTS, type Alert } from './alerts.js';

/** The chapters, a sentence or a step a line, in the order of the table. */
export function runbooks(): string {
  return ALERTS.map(chapter).join('\n');
}

function chapter(alert: Alert): string {
  const held = alert.for === undefined ? '' : `, for ${alert.for}`;
  return [
    `## ${alertName(alert)}`,
    '',
    `_${alert.severity === 'page' ? 'Pages' : 'A ticket'}._`,
    ...alert.means.split(/(?<=[.;]) /),
    '',
    ...alert.todo.map((step, index) => wrapped(`${index + 1}. ${step}`)),
    '',
    '```promql',
    `# fires when this has a value${held}`,
    alert.expr,
    '```',
    '',
  ].join('\n');
}

const WIDTH = 116;

/** An item of a list: a sentence a line, broken between words where it is long. */
function wrapped(item: string): string {
  return item
    .split(/(?<=\D[.?!]\)?) (?=[A-Z])/)
    .map((sentence) => sentence.replace(new RegExp(`(.{1,${WIDTH}})( +|$)`, 'g'), '$1\n').trimEnd())
    .join('\n')
    .replaceAll('\n', '\n   ');
}
