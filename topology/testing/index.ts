/** `notification-streams/testing`: the real topology without a broker, for the tests of those who feed it or read from it. */
export {
  encodeWith,
  TopologyDriver,
  type Driven,
  type DrivenOutputs,
  type DrivenRecord,
  type DriverOptions,
  type RecordParts,
} from './driver.js';
