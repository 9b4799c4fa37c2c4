/** CHANGELOG.md: a section a version, the newest first, and in it what was added, changed, fixed and broken. */

export interface Section {
  readonly version: string;
  /** Undefined while it is not released. */
  readonly date: string | undefined;
  /** Its lines below the heading. */
  readonly text: string;
  /** Where its heading stands, from 1. */
  readonly line: number;
}

const HEADING = /^## (\d+\.\d+\.\d+(?:-[\w.]+)?) \((unreleased|\d{4}-\d{2}-\d{2})\)$/;
const KINDS = ['Breaking', 'Added', 'Changed', 'Fixed', 'Removed'];

/** In the order of the file; a heading of another form is in none: `changelogFaults` names it. */
export function changelogSections(text: string): Section[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) => (line.startsWith('## ') ? [index] : []));
  return starts.flatMap((start, place) => {
    const [, version, date] = HEADING.exec(lines[start]!) ?? [];
    if (version === undefined) return [];
    const body = lines.slice(start + 1, starts[place + 1]).join('\n');
    return [{ version, date: date === 'unreleased' ? undefined : date, text: body.trim(), line: start + 1 }];
  });
}

/** What is wrong with its form, a line each, each with its place. */
export function changelogFaults(text: string): string[] {
  const faults: string[] = [];
  let kind = '';
  for (const [index, line] of text.split('\n').entries()) {
    const fault = (why: string): number => faults.push(`CHANGELOG.md:${index + 1}: "${line}": ${why}`);
    if (line.startsWith('## ')) {
      kind = '';
      if (!HEADING.test(line)) fault('expected "## 1.2.3 (unreleased)" or its date, "## 1.2.3 (2026-01-31)"');
    } else if (line.startsWith('### ')) {
      kind = line.slice(4);
      if (!KINDS.includes(kind)) fault(`expected one of ${KINDS.join(', ')}`);
    } else if (line.startsWith('- ') && kind === 'Breaking' && !entryAt(text, index).includes('To do:')) {
      fault('a breaking change says what to do, behind "To do:"');
    }
  }
  const sections = changelogSections(text);
  for (const { version, text: body, line } of sections)
    if (body === '') faults.push(`CHANGELOG.md:${line}: ${version} says nothing`);
  for (const { version, line } of sections.slice(1).filter(({ date }) => date === undefined))
    faults.push(`CHANGELOG.md:${line}: ${version} is unreleased, with a newer version above it`);
  return faults;
}

/** The entry that begins there, with the lines that belong to it. */
function entryAt(text: string, index: number): string {
  const [first = '', ...rest] = text.split('\n').slice(index);
  const end = rest.findIndex((line) => !line.startsWith('  '));
  return [first, ...rest.slice(0, end < 0 ? rest.length : end)].join('\n');
}
