// Programs that nobody has written, held to all laws. The same ones each time; LAWS_SEED draws others, and the campaign
// (scripts/campaign.mjs) goes on from there.
import { expect, test } from 'vitest';
import { addUp, hold, NOTHING, sampleIn, shrunk } from './hold.ts';
import { GENERATED_LAWS } from './laws.ts';

const SEED = Number(process.env.LAWS_SEED ?? 1);
const SHARES = 8;
const PROGRAMS = 20;

let tally = NOTHING;

test.each(Array.from({ length: SHARES }, (_, share) => share * PROGRAMS))(
  `programs from number %i on, seed ${SEED}`,
  { timeout: 240_000 },
  async (first) => {
    for (let number = first; number < first + PROGRAMS; number++) {
      const sample = sampleIn(SEED, number);
      const held = await hold(sample);
      if (held.broken !== undefined) {
        expect.unreachable(`${held.broken.law}: ${held.broken.why}${await shrunk(sample, held.broken)}`);
      }
      tally = addUp(tally, held.tally);
    }
  },
);

test('nearly all of them give numbers, and each law has looked at many', () => {
  expect(tally.programs).toBe(SHARES * PROGRAMS);
  expect(tally.finite / tally.programs).toBeGreaterThanOrEqual(0.95);
  for (const { name } of GENERATED_LAWS) {
    expect(tally.laws[name]?.programs, name).toBeGreaterThan(tally.programs / 4);
    // What rounding or a kink decides is left out, and counted: never more than one in twenty.
    const { entries, leftOut } = tally.laws[name];
    expect(leftOut / entries, name).toBeLessThan(0.05);
  }
});
