/** What comes in over sockets, what goes out, and what the product shows and keeps. */
import { ContentScene } from './content-scene.js';
import { GatewayScene } from './gateway-scene.js';
import { makeTests } from './make-tests.js';
import { ProductScene } from './product-scene.js';
import { BUSY_SOCKETS, CONTENT, GATEWAY_GROUPS, PRODUCT } from './tries/index.js';

for (const group of GATEWAY_GROUPS) makeTests(group, () => GatewayScene.open(), 'whole');
makeTests(BUSY_SOCKETS, () => GatewayScene.open(['--max-old-space-size=96']), 'whole');
makeTests(CONTENT, () => ContentScene.open(), 'whole');
makeTests(PRODUCT, () => ProductScene.open(), 'whole');
