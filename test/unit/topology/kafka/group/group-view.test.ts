import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../../common/bytes.js';
import { ASSIGNER_NAME, encodeUserData } from '../../../../../topology/kafka/group/assigner.js';
import { encodeAssignment } from '../../../../../topology/kafka/group/assignment.js';
import { readGroup } from '../../../../../topology/kafka/group/group-view.js';
import { describeGroups, type DescribedGroup } from '../../../../../topology/kafka/protocol/describe-groups.js';
import { MemberMetadata } from '../../../../../topology/kafka/protocol/internals.js';

const rules = { version: 3, digest: 'abc' };
const claim = { generation: 4, tasks: [0], stored: { 0: 17, 1: 5 }, rules };
const placement = { tasks: [0], standbys: [1], warming: [], acceptableLag: 100 };
const layout = { maxTasks: 16, partitions: new Map([['tasks', 2]]) };
const member = {
  memberId: 'a-1',
  clientId: 'a',
  clientHost: '/10.0.0.7',
  metadata: MemberMetadata.encode({ version: 0, topics: ['tasks'], userData: encodeUserData(claim) }),
  assignment: encodeAssignment({ placement, layout }),
};
const unread = { ...member, metadata: Buffer.alloc(0), assignment: Buffer.alloc(0) };
const group = (parts: Partial<DescribedGroup>): DescribedGroup => {
  return { state: 'Stable', protocol: ASSIGNER_NAME, members: [member], ...parts };
};

describe('a group from outside', () => {
  it('says what its members claimed, and what its leader gave them', () => {
    const { state, members } = readGroup(group({}), 'g');
    expect(state).toBe('stable');
    expect(members).toMatchObject([
      { memberId: 'a-1', clientId: 'a', host: '10.0.0.7', claim, assignment: { placement, layout: { maxTasks: 16 } } },
    ]);
  });

  it.each(['PreparingRebalance', 'CompletingRebalance'])(
    'in %s shows its members, and nothing of who has what',
    (state) => {
      expect(readGroup(group({ state, protocol: '', members: [unread] }), 'g')).toEqual({
        state: 'moving',
        members: [{ memberId: 'a-1', clientId: 'a', host: '10.0.0.7', claim: undefined, assignment: undefined }],
      });
    },
  );

  it.each(['Empty', 'Dead'])('that is %s has nobody', (state) => {
    expect(readGroup(group({ state, protocol: '', members: [] }), 'g')).toEqual({ state: 'empty', members: [] });
  });

  it('of consumers of another kind is not ours', () => {
    expect(readGroup(group({ protocol: 'range' }), 'g')).toMatchObject({
      state: 'of-others',
      members: [{ claim: undefined }],
    });
  });
});

describe('DescribeGroups', () => {
  const answer = (code: number): Buffer => {
    const out = new ByteWriter().int32(0).int32(1).int16(code).string('g');
    out.string('Stable').string('consumer').string('range').int32(1);
    out.string('a-1').string('a').string('/10.0.0.7');
    for (const bytes of [Buffer.from('m'), Buffer.alloc(0)]) out.int32(bytes.length).raw(bytes);
    return out.bytes();
  };

  it('reads what a coordinator says', async () => {
    const { response } = describeGroups('g');
    expect(await response.parse(await response.decode(answer(0)))).toEqual({
      state: 'Stable',
      protocol: 'range',
      members: [
        {
          memberId: 'a-1',
          clientId: 'a',
          clientHost: '/10.0.0.7',
          metadata: Buffer.from('m'),
          assignment: Buffer.alloc(0),
        },
      ],
    });
  });

  it('rejects when it is another broker that knows', async () => {
    await expect(describeGroups('g').response.decode(answer(16))).rejects.toThrow('DescribeGroups of g');
  });
});
