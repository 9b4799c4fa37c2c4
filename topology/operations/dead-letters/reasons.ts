/** What each reason of a dead letter means, and what to do: docs/dead-letters.md prints it, `dlq show` says it. */
import type { DEAD_LETTER_REASONS } from '../../../common/label-values.js';

interface ReasonMeaning {
  readonly means: string;
  readonly remedy: string;
}

export const REASON_MEANINGS: Readonly<Record<(typeof DEAD_LETTER_REASONS)[number], ReasonMeaning>> = {
  'bad-magic': {
    means:
      'The value is not in the wire format of the registry: it is shorter than 5 bytes, or its first byte is not 0.',
    remedy:
      'Find the producer by the key and the headers; its serializer is not that of the registry. If the topic is meant to carry JSON, say so in the rules (`format`), then replay.',
  },
  'unknown-schema': {
    means: 'The registry does not know the schema id, or what that schema refers to.',
    remedy:
      'The producer used another registry, or its schema was deleted. Register it under the same id, then replay.',
  },
  undecodable: {
    means: "The value does not fit its writer's schema, or ours cannot be read from it.",
    remedy:
      'The byte and the field say which of both. Mend the producer and have it sent again, or let it go: what cannot be read cannot be edited.',
  },
  'wrong-record': {
    means: 'The value is a record of another name than the topic carries, or its schema is no Avro.',
    remedy:
      'A producer writes to the wrong topic, or renamed its record. Mend it; nothing of such a letter can be read here.',
  },
  'invalid-event': {
    means: 'The event can be read, and a field breaks a rule of the contract.',
    remedy: 'Mend the producer. Edit the field in an export and import it, or let it go.',
  },
  'unknown-type': {
    means: 'No worker knew the type of the event, while newer rules were in the group.',
    remedy: 'When every worker runs the newer rules, replay.',
  },
  'too-large': {
    means:
      'The record is larger than MAX_RECORD_BYTES, or what comes of it is larger than the brokers or MAX_EVENT_BYTES allow.',
    remedy: 'The message says which. Raise that bound and replay, or ask for less in one event.',
  },
  'unreadable-batch': {
    means: 'A whole batch unpacks to more than 128 MiB, or to something that is no records.',
    remedy:
      'Its producer is broken or hostile. The records can be read again at their origin by a client of your choice.',
  },
  failed: {
    means: 'Anything else: a defect of ours, or a broker that refused the output for another reason than its size.',
    remedy: "Read the workers' log at that time, report it, and replay once it is mended.",
  },
};

/** Undefined for a reason that this version does not know. */
export function meaningOf(reason: string): ReasonMeaning | undefined {
  return (REASON_MEANINGS as Readonly<Record<string, ReasonMeaning>>)[reason];
}
