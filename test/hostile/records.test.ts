/** What comes in over Kafka: three workers on three partitions, one of which is attacked. */
import { makeTests } from './make-tests.js';
import { RecordScene } from './record-scene.js';
import { RECORD_GROUPS } from './tries/index.js';

for (const group of RECORD_GROUPS) makeTests(group, () => RecordScene.open(3), 'whole');
