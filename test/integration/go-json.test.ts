/** What a Go program writes with encoding/json is read as the contract's "JSON" says. */
import { SOURCES } from '../../dev/contract/sources.js';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { SourceTopic } from '../../common/record.js';
import type { EventDecoder } from '../../schemas/codecs.js';
import { SourceDecoder } from '../../schemas/source-decoder.js';

const GO_FILE = join(import.meta.dirname, 'go-producer', 'main.go');
const timestamp = 1_760_000_000_000n;
const INT64_MAX = 2n ** 63n - 1n;

const noAvro: EventDecoder = {
  decode: (topic) => ({ kind: 'poison', reason: 'bad-magic', message: `${topic} is read as Avro`, attempts: 1 }),
};

it('an event of each of the contract’s kinds, from Go', { timeout: 180_000 }, async () => {
  const { stdout } = await promisify(execFile)('go', ['run', GO_FILE]);
  const sources = SOURCES.map((source) => ({ ...source, format: 'json' as const }));
  const decoder = new SourceDecoder(noAvro, sources);
  const decoded = stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [topic = '', value = ''] = line.split('\t');
      return decoder.decode(topic, Buffer.from(value));
    });
  expect(decoded).toEqual(EVENTS.map(([topic, event]) => ({ kind: 'event', value: { topic, event } })));
});

const EVENTS: readonly (readonly [SourceTopic, object])[] = [
  [
    'NOTIFICATION_REQUEST_TOPIC',
    {
      ...{ eventId: 'go-1', eventType: 'CREATE_NOTIFICATION', timestamp, tenantId: 1n },
      ...{
        userId: INT64_MAX,
        userIds: [1n, -(2n ** 63n)],
        title: '<Hello> & "you"',
        message: 'Zeile 1\nZeile 2 🎉\u2028',
      },
      ...{ type: 'INFO', category: 'SYSTEM', priority: 'HIGH', sourceService: 'erp', sourceEventId: '' },
      ...{ actionUrl: 'https://erp.example/?a=1&b=2', actionType: null, entityType: null },
      ...{ entityId: 9_007_199_254_740_993n, channels: ['EMAIL'], expiresAt: timestamp + 1n },
      metadata: Object.fromEntries([
        ['__proto__', '{"a":1.5,"b":2}'],
        ['float', '0.1'],
        ['huge', '1e+21'],
        ['int', '9223372036854775807'],
        ['list', '[1,"b",null]'],
        ['none', 'null'],
        ['raw', '12.50'],
        ['text', 'a'],
        ['yes', 'true'],
      ]),
      ...{ templateCode: 'WELCOME', templateVars: { count: '3' } },
    },
  ],
  [
    'NOTIFICATION_REQUEST_TOPIC',
    {
      ...{ eventId: 'go-2', eventType: '', timestamp, tenantId: 0n, userId: 0n, userIds: [], title: '', message: '' },
      ...{
        type: '',
        category: '',
        priority: '',
        sourceService: '',
        sourceEventId: '',
        actionUrl: '',
        actionType: null,
      },
      ...{ entityType: null, entityId: 0n, channels: [], expiresAt: null, metadata: {} },
      ...{ templateCode: null, templateVars: {} },
    },
  ],
  [
    'TASK_EVENT_TOPIC',
    {
      ...{ eventId: 'go-3', eventType: 'TASK_ASSIGNED', timestamp, tenantId: 1n, taskId: -(2n ** 63n) },
      ...{
        taskTitle: 'Write it',
        userId: INT64_MAX,
        assignedTo: 7n,
        assignedBy: 4n,
        priority: 'LOW',
        deadlineMs: null,
      },
    },
  ],
  [
    'CRM_EVENT_TOPIC',
    {
      ...{ eventId: 'go-4', eventType: 'DEAL_WON', timestamp, tenantId: 1n, entityType: 'opportunity', entityId: 5n },
      ...{ entityName: 'Acme', userId: 3n, assignedTo: 7n, value: 12_500.5, stage: null, metadata: { score: '1e-7' } },
    },
  ],
  [
    'SALES_EVENT_TOPIC',
    {
      ...{ eventId: 'go-5', eventType: 'PAYMENT_DUE', timestamp, tenantId: 1n, orderId: 8n, customerId: 9n },
      ...{ customerName: '', userId: 3n, assignedTo: 7n, amount: 0, currency: 'EUR', dueAt: timestamp },
      metadata: { k: 'v' },
    },
  ],
  [
    'USER_EVENT_TOPIC',
    {
      ...{ eventId: 'go-6', eventType: 'USER_CREATED', timestamp, tenantId: 1n, userId: 7n, email: 'ada@example.org' },
      ...{ fullName: '', locale: null, timeZone: null, deviceTokens: ['a'], mutedChannels: [] },
    },
  ],
];
