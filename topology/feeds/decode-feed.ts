/** Decodes records of a topic that we write ourselves, waiting for a schema that is not known yet. */
import type { SinkDecoder, SinkEvents } from '../../schemas/codecs.js';
import type { Logger } from '../../common/log.js';
import type { Metrics } from '../../common/metrics.js';

export interface FeedDecoder extends SinkDecoder {
  resolve(
    schemaId: number,
    options: { readonly signal: AbortSignal; readonly ahead?: Iterable<Buffer | null> },
  ): Promise<void>;
}

/**
 * The event, or undefined for a record of another name or one that cannot be read: counted, logged and skipped.
 * `fetched`: the records that the value was fetched with, whose unknown schema ids are asked for at the same time.
 */
export async function decodeFeed<T extends keyof SinkEvents>(
  topic: T,
  value: Buffer,
  offset: number,
  services: { readonly decoder: FeedDecoder; readonly log: Logger; readonly metrics: Metrics },
  signal: AbortSignal,
  fetched: Iterable<{ readonly value: Buffer | null }> = [],
): Promise<SinkEvents[T] | undefined> {
  for (;;) {
    const decoded = services.decoder.decodeSink(topic, value);
    switch (decoded.kind) {
      case 'event':
        return decoded.event;
      case 'unresolved':
        await services.decoder.resolve(decoded.schemaId, { signal, ahead: valuesOf(fetched) });
        continue;
      case 'poison':
        services.metrics.records_unroutable_total.inc({ topic });
        services.log.debug({ topic, offset, reason: decoded.reason, cause: decoded.message }, 'record skipped');
        return undefined;
    }
  }
}

function* valuesOf(records: Iterable<{ readonly value: Buffer | null }>): Generator<Buffer | null> {
  for (const { value } of records) yield value;
}
