/** `notification-streams/testing`: the real topology without a broker, for the tests of those who feed it or read from it. */
export { readRules } from '../../processors/rules/read-rules.js';
export { runCases, type CasesOptions, type CasesReport } from './cases.js';
export {
  encodeWith,
  TopologyDriver,
  type Driven,
  type DrivenEvent,
  type DrivenOutputs,
  type DrivenRecord,
  type DriverOptions,
  type RecordParts,
} from './driver.js';
