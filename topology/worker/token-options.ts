/** How the gateway checks tokens, by the options of a worker. */
import type { TokenOptions } from '../../gateway/token.js';
import type { Config } from './config.js';

export function tokenOptions(config: Config): TokenOptions {
  return {
    jwtSecret: config.jwtSecret && (() => jwtSecrets(config)),
    jwksUrl: config.jwksUrl,
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
    maxAgeMs: config.jwtMaxAgeMs,
  };
}

/** The newest first; they are read again while we run. */
function jwtSecrets({ live }: Config): string[] {
  const secrets = ['JWT_SECRET', 'JWT_SECRET_PREVIOUS'].map((name) => live.texts.get(name)?.current ?? '');
  return secrets.filter((secret) => secret !== '');
}
