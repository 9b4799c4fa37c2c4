/** An encoder that writes an event as its text, for tests of what carries values. */
import type { EventEncoder } from '../../../schemas/codecs.js';

/** `textOf`: what stands for an event. */
export function textEncoder(textOf: (event: unknown, topic: string) => string = String): EventEncoder {
  return {
    encode: (topic, event) => Buffer.from(textOf(event, topic)),
    forTopic: (topic) => ({
      encodeInto: (event, buffer, at) => {
        const text = textOf(event, topic);
        const missing = at + Buffer.byteLength(text) - buffer.length;
        return missing > 0 ? -missing : at + buffer.write(text, at);
      },
    }),
  };
}
