import { expect, it } from 'vitest';
import { refuseForgetting } from '../../../../../topology/operations/dead-letters/open-replay.js';
import { NAMES } from './letters.js';

const settings = (retention: string | undefined) => ({
  settings: (topics: readonly string[]) =>
    retention === undefined
      ? Promise.reject(new Error('TOPIC_AUTHORIZATION_FAILED'))
      : Promise.resolve(new Map(topics.map((topic) => [topic, retention]))),
});

it('a topic of the replays that would forget what was replayed is refused, with the command that mends it', async () => {
  await expect(refuseForgetting(settings('604800000'), NAMES.replays)).rejects.toThrow(
    `the topic ${NAMES.replays}, which notes what was replayed, keeps it for 604800000 ms (retention.ms): what it forgets would be replayed again. ` +
      `Have it keep all: kafka-configs.sh --alter --entity-type topics --entity-name ${NAMES.replays} --add-config retention.ms=-1`,
  );
});

it.each(['-1', undefined])('one that keeps all is taken, and one that we may not ask about (%s)', async (retention) => {
  await expect(refuseForgetting(settings(retention), NAMES.replays)).resolves.toBeUndefined();
});
