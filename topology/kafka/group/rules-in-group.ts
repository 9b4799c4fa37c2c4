/** Which rule sets the members of the group run, as its leader sees them. */
import type { Logger } from '../../../common/log.js';
import type { RulesIdentity } from '../../../common/rules-identity.js';
import { groupBy } from '../../../common/group-by.js';
import type { MemberClaim } from './assigner.js';

type Claim = Pick<MemberClaim, 'memberId' | 'rules'>;

export class RulesInGroup {
  readonly #log: Logger;
  /** Versions that mean different rules to different members, as they were warned about last. */
  #warned = '';

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The newest among them; undefined when no member says. Warns, once, of a version that means several rule sets. */
  newest(claims: readonly Claim[]): RulesIdentity | undefined {
    const all = claims.flatMap(({ memberId, rules }) => (rules ? [{ memberId, ...rules }] : []));
    const ambiguous = [...groupBy(all, ({ version }) => version)]
      .filter(([, members]) => members.some(({ digest }) => digest !== members[0]!.digest))
      .map(([version, members]) => ({ version, members }));
    this.#warn(ambiguous);
    const [newest] = all.sort((a, b) => b.version - a.version || (a.digest < b.digest ? 1 : -1));
    return newest && { version: newest.version, digest: newest.digest };
  }

  #warn(ambiguous: readonly { version: number; members: readonly { memberId: string; digest: string }[] }[]): void {
    const key = JSON.stringify(
      ambiguous.map(({ version, members }) => [version, [...new Set(members.map(({ digest }) => digest))].sort()]),
    );
    if (key === this.#warned) return;
    this.#warned = key;
    for (const { version, members } of ambiguous)
      this.#log.warn(
        { version, digests: Object.fromEntries(members.map(({ memberId, digest }) => [memberId, digest])) },
        'members of the group run different rules of the same version: raise the version in rules.yaml with each change',
      );
  }
}
