/**
 * The numbers of the protocol that the in-memory broker knows: the requests that it serves, the errors that it answers
 * with. A table of its own: by the client's, both would agree on a number that Kafka does not have.
 */
export const PRODUCE = 0;
export const FETCH = 1;
export const METADATA = 3;
export const OFFSET_FETCH = 9;
export const API_VERSIONS = 18;
export const INIT_PRODUCER_ID = 22;
export const ADD_PARTITIONS_TO_TXN = 24;
export const ADD_OFFSETS_TO_TXN = 25;
export const END_TXN = 26;
export const TXN_OFFSET_COMMIT = 28;

export const NONE = 0;
export const OFFSET_OUT_OF_RANGE = 1;
export const CORRUPT_MESSAGE = 2;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const NOT_LEADER_FOR_PARTITION = 6;
export const MESSAGE_TOO_LARGE = 10;
export const NOT_COORDINATOR = 16;
export const ILLEGAL_GENERATION = 22;
export const UNKNOWN_MEMBER_ID = 25;
export const REBALANCE_IN_PROGRESS = 27;
export const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
export const INVALID_PRODUCER_EPOCH = 47;
export const INVALID_TXN_STATE = 48;
export const INVALID_PRODUCER_ID_MAPPING = 49;
export const CONCURRENT_TRANSACTIONS = 51;
export const OPERATION_NOT_ATTEMPTED = 55;
export const UNSTABLE_OFFSET_COMMIT = 88;
export const PRODUCER_FENCED = 90;
export const UNKNOWN_TOPIC_ID = 100;
