import { SOURCES } from '../../../../dev/contract/sources.js';
import { expect, it } from 'vitest';
import { describeAsMermaid, describeAsText } from '../../../../topology/graph/describe.js';
import { notifications } from '../../../../topology/notifications.js';

it('prints the topology as text', () => {
  expect(describeAsText(notifications(SOURCES))).toMatchSnapshot();
});

it('prints the topology as a Mermaid flowchart', () => {
  expect(describeAsMermaid(notifications(SOURCES))).toMatchSnapshot();
});
