/** Whatever the schema registry answers: it is told from an outage, and a record is read, dead-lettered, or waits. */
import { TOPIC_RECORDS, type AvroTopic, SOURCES } from '../../../dev/contract/sources.js';
import fc from 'fast-check';
import { SchemaCatalog } from '../../../schemas/registry/catalog.js';
import { RegistryClient } from '../../../schemas/registry/registry-client.js';
import { framed } from '../../../schemas/wire-format.js';
import { OutageError } from '../../../common/errors.js';
import { SOURCE_TOPICS } from '../../../common/record.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editedJson, jsonEdits } from '../edit-json.js';
import { attemptLater, kindOf, law, type Target } from '../target.js';

type AnswerInput = { readonly topic: AvroTopic; readonly status: number; readonly body: Buffer };

const PASSWORD = 'pa55/w0rd';

/** Each is answered as the id is: with a schema that refers to the same ones. */
const REFERENCE = { name: 'T', subject: 'T', version: 1 };

const answer = fc.record({
  topic: fc.constantFrom(...SOURCE_TOPICS),
  status: fc.constantFrom(...new Array<number>(20).fill(200), 401, 403, 404, 408, 409, 422, 429, 500, 503, 302, 418),
  code: fc.constantFrom(undefined, 40401, 40402, 40403, 40408, 42201, 50001, '40403', null),
  schemaType: fc.constantFrom(undefined, undefined, undefined, 'AVRO', 'AVRO', 'JSON', 'PROTOBUF', 7, null),
  references: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    null,
    [REFERENCE],
    [REFERENCE, { ...REFERENCE, name: 'U' }],
  ),
  schemaEdits: jsonEdits,
  answerEdits: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: jsonEdits }),
  bytes: byteEdits,
});

const inputs = answer.map((made): AnswerInput => {
  const { topic, status, code, schemaType, references, schemaEdits, answerEdits, bytes } = made;
  const found = { schema: editedJson(TOPIC_RECORDS[topic], schemaEdits), schemaType, references };
  const failed = { error_code: code, message: 'x'.repeat(1000) };
  const text = editedJson(status === 200 ? found : failed, answerEdits);
  return { topic, status, body: editBytes(Buffer.from(text), bytes) };
});

/** Runs this with an answer in the place of the network. */
async function answering<T>({ status, body }: AnswerInput, run: () => Promise<T>): Promise<T> {
  const real = globalThis.fetch;
  globalThis.fetch = () => Promise.resolve(new Response(body, { status }));
  try {
    return await run();
  } finally {
    globalThis.fetch = real;
  }
}

export const registry: Target<AnswerInput> = {
  name: 'registry',
  inputs,
  async play(input) {
    const client = new RegistryClient({ url: `http://user:${encodeURIComponent(PASSWORD)}@registry.test/api` });
    const answered = await answering(input, () =>
      attemptLater([OutageError], () => client.ask({ method: 'GET', path: '/schemas/ids/7' })),
    );
    const messages = [JSON.stringify(answered), answered instanceof Error ? answered.message : ''];
    const over = new AbortController();
    let waits = 0;
    const catalog = new SchemaCatalog({
      client,
      sources: SOURCES,
      retryAttempts: 3,
      retryBackoffMs: 10,
      wait: (_, signal) => {
        if (++waits > 3) over.abort(new OutageError('waited long enough'));
        signal.throwIfAborted();
        return Promise.resolve();
      },
    });
    const value = framed(Buffer.alloc(40), 7);
    const learnt = await answering(input, () =>
      attemptLater([OutageError], () => catalog.resolve(7, { signal: over.signal })),
    );
    messages.push(learnt instanceof Error ? learnt.message : '', String(catalog.health.fault));
    // Never throws: of what the registry said, the record's own dead letter is made.
    const decoded = catalog.decode('TASK_EVENT_TOPIC', value);
    const own = catalog.decode(input.topic, value);
    for (const made of [decoded, own]) if (made.kind === 'poison') messages.push(made.message, String(made.error));
    law(!messages.some((text) => text.includes(PASSWORD)), 'never shows the password', () => messages.join('\n'));
    law(
      messages.slice(1).every((text) => text.length < 700),
      'says it in a few words',
      () => messages.join('\n'),
    );
    if (learnt instanceof Error) return 'waits: an outage';
    law(own.kind !== 'unresolved', 'knows what it has asked for');
    return own.kind === 'poison' ? `refused: ${own.reason} ${kindOf(own.message).slice(0, 66)}` : 'read';
  },
};
