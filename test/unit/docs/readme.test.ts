/** The README is short, and what it claims stands where it says. */
import { SOURCES } from '../../../dev/contract/sources.js';
import { describe, expect, it } from 'vitest';
import { describeAsMermaid } from '../../../topology/graph/describe.js';
import { notifications } from '../../../topology/notifications.js';
import { itemsOf, linesOf, readDocument } from './markdown.js';

const readme = readDocument('README.md');

describe('the README', () => {
  it('has less than 120 lines', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThan(120);
  });

  it('shows the topology as `notification-streams topology --format mermaid` prints it', () => {
    expect(/```mermaid\n([^]*?)```/.exec(readme)?.[1]).toBe(describeAsMermaid(notifications(SOURCES)));
  });

  it('claims what the rows say that it links to, and that only once', () => {
    const claims = itemsOf(readme).filter((item) => item.includes('(docs/performance.md#'));
    expect(claims).toHaveLength(3);
    for (const claim of claims) {
      const id = /docs\/performance\.md#([\w-]+)/.exec(claim)![1]!;
      const row = linesOf('docs/performance.md').find(({ text }) => text.includes(`<a id="${id}">`))?.text;
      for (const [, number] of claim.matchAll(/\*\*([\d.]+)[^*]*\*\*/g)) {
        expect(row).toMatch(new RegExp(`\\| +${number!.replace('.', '\\.')}[ |]`));
        expect(readme.split(`**${number}`)).toHaveLength(2);
      }
    }
  });
});
