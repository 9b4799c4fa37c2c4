/** The short form of `npm run test:hostile`: the same tries by fewer, on one worker. */
import { ContentScene } from '../hostile/content-scene.js';
import { GatewayScene } from '../hostile/gateway-scene.js';
import { makeTests } from '../hostile/make-tests.js';
import { ProductScene } from '../hostile/product-scene.js';
import { RecordScene } from '../hostile/record-scene.js';
import { CONTENT, GATEWAY_GROUPS, PRODUCT, RECORD_GROUPS } from '../hostile/tries/index.js';

for (const group of RECORD_GROUPS) makeTests(group, () => RecordScene.open(1), 'short');
for (const group of GATEWAY_GROUPS) makeTests(group, () => GatewayScene.open(), 'short');
makeTests(CONTENT, () => ContentScene.open(), 'short');
makeTests(PRODUCT, () => ProductScene.open(), 'short');
