// Programs that somebody has written, held to the same laws: all of models/ and of test/laws/programs.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortCase } from '../laws/cases.ts';
import { ALL_SUBJECTS } from '../laws/subjects.ts';
import { holdTrial } from './hold.ts';
import { Trial } from './trial.ts';

const SEED = Number(process.env.LAWS_SEED ?? 1);

test.each(ALL_SUBJECTS.map((subject) => [subject.name, subject] as const))(
  '%s',
  async (_, { path, sizes }) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    for (const drawn of fc.sample(shortCase(sizes), { seed: SEED, numRuns: 2 })) {
      const { tally, broken } = await holdTrial(new Trial(text, drawn, path));
      expect(broken, JSON.stringify(drawn)).toBeUndefined();
      expect(tally.finite).toBe(1);
    }
  },
);
