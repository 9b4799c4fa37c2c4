import { expect, it } from 'vitest';
import { STEP_NAMES } from '../../../../processors/rules/check-rules.js';
import { rulesIn } from '../../../../processors/rules/shipped.js';
import { nodesOf } from '../../../../topology/graph/topology.js';
import { notifications } from '../../../../topology/notifications.js';

it('no source can be called like a step of the stream', () => {
  const { sources } = rulesIn(undefined);
  const names = sources.map(({ name }) => name);
  const steps = nodesOf(notifications(sources))
    .map(({ name }) => name)
    .filter((name) => !names.includes(name));
  expect(STEP_NAMES).toEqual(steps);
});
