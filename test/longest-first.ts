/**
 * Files that take long begin first, so that none of them runs on alone while the other half of the machine has nothing left.
 * Without an earlier run vitest takes a file's size for its time: these are small and take a minute or two (slowest-files.ts says which do).
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SMALL_AND_LONG = /\/(hostile|day-2|first-day)\.test\.ts$/;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => SMALL_AND_LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
