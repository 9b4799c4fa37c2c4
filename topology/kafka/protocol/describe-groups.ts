/** DescribeGroups: the members of a group, as its coordinator knows them. */
import { ByteWriter } from '../../../common/bytes.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { list, raw } from './raw-request.js';

const VERSION = 1;

export interface DescribedMember {
  readonly memberId: string;
  readonly clientId: string;
  /** As its coordinator sees it: `/10.0.0.7`. */
  readonly clientHost: string;
  /** Both are empty unless the group is stable. */
  readonly metadata: Buffer;
  readonly assignment: Buffer;
}

export interface DescribedGroup {
  /** Stable, PreparingRebalance, CompletingRebalance, Empty; Dead is a group that the coordinator does not know. */
  readonly state: string;
  /** The assigner that its members agreed on; empty without members. */
  readonly protocol: string;
  readonly members: readonly DescribedMember[];
}

export function describeGroups(groupId: string): RawRequest<DescribedGroup> {
  const body = new ByteWriter(64).int32(1).string(groupId).bytes();
  return raw('DescribeGroups', VERSION, body, (reader): DescribedGroup => {
    reader.throttle();
    const bytes = (): Buffer => reader.raw(Math.max(0, reader.int32()));
    const [group] = list(reader, () => {
      check(reader.int16(), `DescribeGroups of ${groupId}`);
      reader.string(); // its id
      const state = reader.string();
      reader.string(); // the kind of protocol: consumer
      const protocol = reader.string();
      const members = list(reader, () => ({
        memberId: reader.string(),
        clientId: reader.string(),
        clientHost: reader.string(),
        metadata: bytes(),
        assignment: bytes(),
      }));
      return { state, protocol, members };
    });
    return group!;
  });
}
