/** What a text must say, as the type that it stands for. */
import { expect } from 'vitest';

export const saying = (text: string): string => expect.stringContaining(text) as string;
export const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;
