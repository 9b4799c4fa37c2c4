import { expect, it } from 'vitest';
import { readVersions } from '../../../bench/suite/versions.js';

it('every manifest names the version that is compared', () => {
  for (const version of Object.values(readVersions())) expect(version).toMatch(/^\d+\.\d+\.\d+/);
});
