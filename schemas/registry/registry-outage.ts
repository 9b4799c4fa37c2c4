/** The schema registry does not answer as one does: what is wrong, from a closed list, for readiness. */
import { OutageError } from '../../common/errors.js';
import type { REGISTRY_FAULTS } from '../../common/label-values.js';

/**
 * unreachable  nobody answers, or not in time
 * credentials  401 or 403
 * path         a redirect, or a 404 that is not in the registry's own words: a proxy's page, or a wrong path
 * busy         408 or 429
 * failing      5xx
 * refusing     another 4xx
 * unusable     an answer that is too large, or that says nothing of what was asked
 */
export type RegistryFault = (typeof REGISTRY_FAULTS)[number];

interface RegistryOutageDetails {
  readonly blames?: string | undefined;
  readonly cause?: unknown;
  readonly address?: number | undefined;
}

export class RegistryOutageError extends OutageError {
  readonly fault: RegistryFault;
  /**
   * What was asked for may be at fault itself: set when the answer may be about this one request, and then says what
   * it was, without the registry's address or words. It is no outage if the registry answers for something else.
   */
  readonly blames: string | undefined;
  /** Where SCHEMA_REGISTRY_URL names several: which of them, from 1. */
  readonly address: number | undefined;

  constructor(fault: RegistryFault, message: string, { blames, cause, address }: RegistryOutageDetails = {}) {
    super(message, cause);
    this.fault = fault;
    this.blames = blames;
    this.address = address;
  }
}
