/* eslint-disable @typescript-eslint/consistent-type-imports -- which checkout's modules these are is known at run time only */
/** What the hot path is made of, as a checkout has built it. */
import { join } from 'node:path';

export async function loadModules(root: string) {
  const load = <Module>(path: string): Promise<Module> => import(join(root, 'dist', path)) as Promise<Module>;
  return {
    ...(await load<typeof import('../../processors/templates.js')>('processors/templates.js')),
    ...(await load<typeof import('../../schemas/encoder.js')>('schemas/encoder.js')),
    ...(await load<typeof import('../../schemas/writer.js')>('schemas/writer.js')),
    ...(await load<typeof import('../../state/environment.js')>('state/environment.js')),
    ...(await load<typeof import('../../state/stream-time.js')>('state/stream-time.js')),
    ...(await load<typeof import('../../state/task-store.js')>('state/task-store.js')),
    ...(await load<typeof import('../../topology/executor.js')>('topology/executor.js')),
    ...(await load<typeof import('../../topology/kafka/outbound-batches.js')>('topology/kafka/outbound-batches.js')),
    ...(await load<typeof import('../../topology/kafka/record-list.js')>('topology/kafka/record-list.js')),
    ...(await load<typeof import('../../topology/notifications.js')>('topology/notifications.js')),
    ...(await load<typeof import('../../topology/record.js')>('topology/record.js')),
    ...(await load<typeof import('../../topology/task/source-queue.js')>('topology/task/source-queue.js')),
    ...(await load<typeof import('../../topology/task/staged-commit.js')>('topology/task/staged-commit.js')),
    ...(await load<typeof import('../../topology/task/staged-outputs.js')>('topology/task/staged-outputs.js')),
    ...(await load<typeof import('../../topology/task/task-views.js')>('topology/task/task-views.js')),
    ...(await load<typeof import('../../topology/topic-names.js')>('topology/topic-names.js')),
  };
}
