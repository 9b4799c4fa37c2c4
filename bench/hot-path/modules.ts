/* eslint-disable @typescript-eslint/consistent-type-imports -- which checkout's modules these are is known at run time only */
/** What the hot path is made of, as a checkout has built it. */
import { join } from 'node:path';

export async function loadModules(root: string) {
  const load = <Module>(path: string): Promise<Module> => import(join(root, 'dist', path)) as Promise<Module>;
  return {
    ...(await load<typeof import('../../processors/map/mappers.js')>('processors/map/mappers.js')),
    ...(await load<typeof import('../../processors/rules/shipped.js')>('processors/rules/shipped.js')),
    ...(await load<typeof import('../../processors/templates.js')>('processors/templates.js')),
    ...(await load<typeof import('../../schemas/encoder.js')>('schemas/encoder.js')),
    ...(await load<typeof import('../../schemas/registry/own-records.js')>('schemas/registry/own-records.js')),
    ...(await load<typeof import('../../schemas/registry/writer.js')>('schemas/registry/writer.js')),
    ...(await load<typeof import('../../state/lmdb/environment.js')>('state/lmdb/environment.js')),
    ...(await load<typeof import('../../state/dedup/stream-time.js')>('state/dedup/stream-time.js')),
    ...(await load<typeof import('../../topology/graph/executor.js')>('topology/graph/executor.js')),
    ...(await load<typeof import('../../topology/kafka/index.js')>('topology/kafka/index.js')),
    ...(await load<typeof import('../../topology/notifications.js')>('topology/notifications.js')),
    ...(await load<typeof import('../../topology/stores/notification-state.js')>(
      'topology/stores/notification-state.js',
    )),
    ...(await load<typeof import('../../common/record.js')>('common/record.js')),
    ...(await load<typeof import('../../topology/task/source-queue.js')>('topology/task/source-queue.js')),
    ...(await load<typeof import('../../topology/task/staged-commit.js')>('topology/task/staged-commit.js')),
    ...(await load<typeof import('../../topology/task/staged-outputs.js')>('topology/task/staged-outputs.js')),
    ...(await load<typeof import('../../common/topic-names.js')>('common/topic-names.js')),
  };
}
