/** Every target, in the order in which they are run. */
import type { Target } from '../target.js';
import { avro } from './avro.js';
import { clientFrames } from './client-frames.js';
import { compression } from './compression.js';
import { config } from './config.js';
import { directory } from './directory.js';
import { group } from './group.js';
import { handshakes } from './handshakes.js';
import { positions } from './positions.js';
import { recordBatch } from './record-batch.js';
import { registry } from './registry.js';
import { state } from './state.js';
import { templates } from './templates.js';
import { tokens } from './tokens.js';

export const TARGETS = [
  ...[avro, recordBatch, compression, registry, state, directory, group],
  ...[tokens, handshakes, clientFrames, positions, templates, config],
] as unknown as readonly Target[];
