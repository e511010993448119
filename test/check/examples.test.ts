// The programs of the design, as they stand there: what models/ has may grow, these must go on to check.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verify } from '../../src/graph/verify.ts';
import { elaborateFile } from './programs.ts';

const files = readdirSync(new URL('examples/', import.meta.url));
const SIZES: Readonly<Record<string, Record<string, number>>> = {
  'adding.rnn': {},
  'char-lm.rnn': { v: 5, m: 3 },
  'polarity.rnn': { v: 5, m: 3 },
};

describe('the design’s programs', () => {
  it.each(files)('%s', (file) => {
    const sizes = new Map(Object.entries(SIZES[file] ?? { n: 2, m: 3 }));
    for (const mode of ['train', 'evaluate'] as const) {
      const program = elaborateFile(`test/check/examples/${file}`, { sizes, mode, startingStates: false });
      expect(verify(program.graph)).toEqual([]);
      expect(program.parameters.length).toBeGreaterThan(1);
    }
  });
});
