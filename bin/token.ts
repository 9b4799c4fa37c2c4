/** `token …`: tokens of the gateway's, to try with and to find out what is wrong with one. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '../common/errors.js';
import { signToken } from '../gateway/sign-token.js';
import { tokenFaults } from '../gateway/token-faults.js';
import { createTokenVerifier } from '../gateway/token.js';
import type { Config } from '../topology/worker/config.js';
import { tokenOptions } from '../topology/worker/token-options.js';
import { explain } from './explain.js';
import { ageFlag, idFlag } from './flags.js';
import { advise, say, sayJson, styled } from './print.js';
import { readConfig } from './read-config.js';

interface MakeFlags {
  readonly user: string;
  readonly tenant: string;
  readonly for: string;
  readonly issuer?: string;
  readonly audience?: string;
}

export function addTokenCommands(program: Command): void {
  const token = program.command('token').description("tokens of the gateway's users: make one to try with, check one");
  // What a gateway needs to check tokens, and no broker.
  const configOf = (): Config =>
    readConfig(program.opts(), { KAFKA_BROKERS: 'unused:9092', ROLES: 'gateway' }, { gateway: true });
  token
    .command('make')
    .description('make a token by JWT_SECRET (HS256), and print it alone')
    .requiredOption('--user <id>', 'whose: the claim sub')
    .requiredOption('--tenant <id>', 'of which tenant: the claim tenant')
    .option('--for <time>', 'how long it is good', '1h')
    .option('--issuer <name>', 'the claim iss (default: JWT_ISSUER)')
    .option('--audience <name>', 'the claim aud (default: JWT_AUDIENCE)')
    .action(async (flags: MakeFlags) => make(configOf(), flags));
  const checking = token
    .command('check')
    .description('say whether the gateway would take a token, by JWT_SECRET or JWKS_URL, and what is wrong with it')
    .argument('<token>', '- reads it from standard input, where no other user of the machine sees it')
    .option('--json', 'one object')
    .action(async (given: string, { json = false }: { json?: boolean }) => check(configOf(), given, json));
  explain(checking, {
    json: { 'one object': 'ok, userId, tenantId, expiresAt; or ok, reason, faults' },
    exits: { 1: 'the gateway would refuse it' },
  });
}

async function make(config: Config, flags: MakeFlags): Promise<void> {
  const { jwtSecret, jwtIssuer, jwtAudience, jwtMaxAgeMs } = config;
  const claims = {
    userId: idFlag('--user', flags.user),
    tenantId: idFlag('--tenant', flags.tenant),
    lifeMs: ageFlag('--for', flags.for),
    issuer: flags.issuer ?? jwtIssuer,
    audience: flags.audience ?? jwtAudience,
  };
  if (jwtSecret === undefined)
    throw new ConfigError([
      "JWT_SECRET is not set (JWKS_URL is): the keys are the issuer's; ask it for a token, or set JWT_SECRET to what a gateway of your own has",
    ]);
  if (jwtMaxAgeMs !== undefined && claims.lifeMs > jwtMaxAgeMs)
    advise(`the gateway takes it for JWT_MAX_AGE, ${jwtMaxAgeMs / 1000} s, only`);
  say([await signToken(jwtSecret, { ...claims, now: Date.now() })]);
}

async function check(config: Config, given: string, json: boolean): Promise<void> {
  const token = (given === '-' ? readFileSync(0, 'utf8') : given).trim();
  const options = tokenOptions(config);
  const now = Date.now();
  let keysFault: string | undefined;
  const verify = createTokenVerifier({ ...options, onKeysRead: (fault) => (keysFault = fault) });
  const found = await verify(token, now);
  if (found.kind === 'identity') {
    const { userId, tenantId, expiresAt } = found;
    const until = new Date(expiresAt).toISOString();
    if (json) sayJson([{ ok: true, userId, tenantId, expiresAt: until }]);
    else say([`${styled('green', 'good')}: user ${userId} of tenant ${tenantId}, until ${until}`]);
    return;
  }
  const { reason, message } = found;
  const faults =
    reason === 'keys-unavailable' ? [`${message} ${keysFault ?? ''}`.trim()] : tokenFaults(token, found, options, now);
  if (json) sayJson([{ ok: false, reason, faults }]);
  else say([`${styled('red', 'refused')}, ${reason}:`, ...faults.map((fault) => `  ${fault}`)]);
  process.exitCode = 1;
}
