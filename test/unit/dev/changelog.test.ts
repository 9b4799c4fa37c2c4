import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changelogFaults, changelogSections } from '../../../dev/release/changelog.js';
import { projectRoot } from '../../../common/project-root.js';

const SOUND = `# Changelog

## 1.1.0 (unreleased)

### Breaking

- \`A\` is \`B\` now.
  To do: rename it.

### Added

- A thing.

## 1.0.0 (2026-01-31)

The first.
`;

describe('the changelog', () => {
  it('of the project has no fault, and a section of its version', () => {
    const text = readFileSync(`${projectRoot()}/CHANGELOG.md`, 'utf8');
    const { version } = JSON.parse(readFileSync(`${projectRoot()}/package.json`, 'utf8')) as { version: string };
    expect(changelogFaults(text)).toEqual([]);
    expect(changelogSections(text)[0]?.version).toBe(version);
  });

  it('is read by versions, the newest first', () => {
    expect(changelogFaults(SOUND)).toEqual([]);
    expect(changelogSections(SOUND)).toEqual([
      {
        version: '1.1.0',
        date: undefined,
        line: 3,
        text: '### Breaking\n\n- `A` is `B` now.\n  To do: rename it.\n\n### Added\n\n- A thing.',
      },
      { version: '1.0.0', date: '2026-01-31', line: 14, text: 'The first.' },
    ]);
  });

  it.each([
    ['a breaking change that leaves its reader alone', SOUND.replace('  To do: rename it.\n', ''), ':7: .*"To do:"'],
    [
      'a heading of another form',
      SOUND.replace('## 1.1.0 (unreleased)', '## v1.1'),
      ':3: "## v1.1": expected "## 1.2.3',
    ],
    ['a kind that there is not', SOUND.replace('### Added', '### New'), ':10: "### New": expected one of Breaking'],
    ['an empty section', SOUND.replace('The first.\n', ''), ':14: 1.0.0 says nothing'],
    ['an old version that is not released', SOUND.replace('2026-01-31', 'unreleased'), ':14: 1.0.0 is unreleased'],
  ])('with %s is refused, with the line', (_, text, fault) => {
    expect(changelogFaults(text)).toEqual([expect.stringMatching(new RegExp(`^CHANGELOG.md${fault}`))]);
  });
});
