/** The event that a command is given: a file of JSON, and the topic that it is for. */
import { readFileSync } from 'node:fs';
import { isLosslessNumber, parse } from 'lossless-json';
import { ConfigError, messageOf } from '../common/errors.js';
import type { RuleSet, SourceRules } from '../processors/rules/rule-set.js';
import type { JsonObject } from '../schemas/json/example-event.js';

/** The source that reads a topic, by its logical name. */
export function sourceOf({ sources }: RuleSet, topic: string): SourceRules {
  const source = sources.find((one) => one.topic === topic);
  if (source !== undefined) return source;
  throw new ConfigError([`--topic is "${topic}": expected one of ${sources.map((one) => one.topic).join(', ')}`]);
}

/** Its numbers as they are written. */
export function readEvent(path: string): JsonObject {
  const event = parsed(path);
  if (typeof event === 'object' && event !== null && !Array.isArray(event) && !isLosslessNumber(event))
    return event as JsonObject;
  throw new ConfigError([`--event ${path}: expected a JSON object, the fields of the event`]);
}

function parsed(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([`--event ${path} cannot be read: ${messageOf(error)}`]);
  }
}
