/** Defects within modules: a test's mocks of these look here whether the defect is wanted now. */
export const switches = { kafkajsFilter: false, overlayDropped: false };
