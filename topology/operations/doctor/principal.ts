/** Who the brokers take us for. */
import type { Config } from '../../worker/config.js';

/** Undefined where the configuration does not say it: by a certificate or a token the brokers decide. */
export function principalOf({ kafkaSaslUsername }: Config): string | undefined {
  return kafkaSaslUsername === undefined ? undefined : `User:${kafkaSaslUsername}`;
}
