/** Which Kafka and registry apply: those that the environment names, or the project's own stack. */
import { FatalError } from '../../common/errors.js';

export type ApplicableEnvironment =
  | { readonly kind: 'configured'; readonly kafkaBrokers: string; readonly schemaRegistryUrl: string }
  | { readonly kind: 'own-stack' };

/**
 * The environment is used as soon as it names a broker; then it must name a registry too.
 * @throws FatalError when KAFKA_BROKERS stands without SCHEMA_REGISTRY_URL.
 */
export function applicableEnvironment(env: NodeJS.ProcessEnv): ApplicableEnvironment {
  const kafkaBrokers = env['KAFKA_BROKERS'] ?? '';
  const schemaRegistryUrl = env['SCHEMA_REGISTRY_URL'] ?? '';
  if (kafkaBrokers === '') return { kind: 'own-stack' };
  if (schemaRegistryUrl === '') {
    throw new FatalError(
      `KAFKA_BROKERS is set (${kafkaBrokers}) but SCHEMA_REGISTRY_URL is not. Set both, or neither to use a local stack.`,
    );
  }
  return { kind: 'configured', kafkaBrokers, schemaRegistryUrl };
}
