/** Decodes records of a topic that we write ourselves, waiting for a schema that is not known yet. */
import type { SinkDecoder, SinkEvents } from '../schemas/codecs.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';

export interface FeedDecoder extends SinkDecoder {
  resolve(schemaId: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** The event, or undefined for a record of another name or one that can not be read: counted, logged and skipped. */
export async function decodeFeed<T extends keyof SinkEvents>(
  topic: T,
  value: Buffer,
  offset: number,
  services: { readonly decoder: FeedDecoder; readonly log: Logger; readonly metrics: Metrics },
  signal: AbortSignal,
): Promise<SinkEvents[T] | undefined> {
  for (;;) {
    const decoded = services.decoder.decodeSink(topic, value);
    switch (decoded.kind) {
      case 'event':
        return decoded.event;
      case 'unresolved':
        await services.decoder.resolve(decoded.schemaId, { signal });
        continue;
      case 'poison':
        services.metrics.records_unroutable_total.inc({ topic });
        services.log.debug({ topic, offset, reason: decoded.reason, cause: decoded.message }, 'record skipped');
        return undefined;
    }
  }
}
