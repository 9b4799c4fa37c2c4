/** What members say when they join, as the tests of who gets which task need it. */
import fc from 'fast-check';
import type { MemberClaim } from '../../../../../topology/kafka/group/assigner.js';

export const member = (memberId: string, parts: Partial<MemberClaim> = {}): MemberClaim => ({
  memberId,
  generation: -1,
  tasks: [],
  stored: {},
  ...parts,
});

export const taskCounts = fc.integer({ min: 0, max: 40 });
export const anyIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
/** Claims of several members, of tasks that there are and of some that there are not. */
export const anyClaims = anyIds.chain((ids) =>
  fc.tuple(
    ...ids.map((memberId) =>
      fc.record({
        memberId: fc.constant(memberId),
        generation: fc.integer({ min: -1, max: 5 }),
        tasks: fc.uniqueArray(fc.integer({ min: 0, max: 45 }), { maxLength: 20 }),
        stored: fc.dictionary(fc.nat({ max: 45 }).map(String), fc.nat({ max: 1000 })),
      }),
    ),
  ),
);
