// How laws are run.
//
// In `npm test` each law is held on a few cases, the same each time. A campaign is longer and draws anew:
//   LAWS=20 npx vitest run test/laws              twenty times the cases, from a new seed, which is printed
//   LAWS=20 LAWS_SEED=7 npx vitest run test/laws  from this one
import fc from 'fast-check';
import { afterAll, test } from 'vitest';
import { fnv1a32 } from '../../src/base/random.ts';
import type { Distances } from './distance.ts';

const times = Number(process.env.LAWS ?? 1);
const isCampaign = process.env.LAWS !== undefined;
const seed = Number(process.env.LAWS_SEED ?? (isCampaign ? Date.now() % 2 ** 31 : 1));

/** Anything from four minutes up to as long as a campaign may take. */
const TIMEOUT_MS = 240_000 * Math.max(1, times);

/**
 * A law as a test: on each case, every distance is at most the bound. `subject` names what it is held on; its cases
 * are its own. A case without distances is one that does not suit.
 */
export function holds<C>(
  law: Law,
  subject: string,
  cases: fc.Arbitrary<C>,
  distances: (drawn: C) => Distances | Promise<Distances>,
): void {
  const options = {
    seed: fnv1a32(`${law.name} of ${subject}`) ^ seed,
    numRuns: Math.ceil(law.cases * times),
  };
  test(subject, { timeout: TIMEOUT_MS }, async () => {
    const property = fc.asyncProperty(cases, async (drawn) => {
      const found = await distances(drawn);
      const broken = [...found].filter(([, distance]) => !(distance <= law.bound));
      if (broken.length > 0) {
        const list = broken.map(([name, distance]) => `${name}: ${distance}`).join('\n');
        throw new Error(`${law.name} (at most ${law.bound}, LAWS_SEED=${seed})\n${list}`);
      }
      for (const [name, distance] of found) law.notice(distance, `${name} of ${subject}`);
    });
    await fc.assert(property, options);
  });
}

/** A law with its bound; it remembers the worst it has seen, and says so after a campaign. */
export class Law {
  readonly name: string;
  readonly bound: number;
  /** How many cases of each subject `npm test` looks at. */
  readonly cases: number;
  #worst = 0;
  #where = '';
  #seen = 0;
  readonly #leftOut: string[] = [];

  constructor(name: string, bound: number, cases: number) {
    this.name = name;
    this.bound = bound;
    this.cases = cases;
    afterAll(() => {
      if (!isCampaign || this.#seen === 0) return;
      const worst = `worst ${this.#worst.toExponential(1)} (${this.#where})`;
      const leftOut = this.#leftOut.length === 0 ? '' : `, left out ${this.#leftOut.join(', ')}`;
      console.info(`${name}: ${this.#seen} tensors, ${worst}${leftOut}, LAWS_SEED=${seed}`);
    });
  }

  /** Something that the law says nothing of, for the reason that its test gives. */
  leaveOut(what: string): void {
    this.#leftOut.push(what);
  }

  notice(distance: number, where: string): void {
    this.#seen++;
    if (distance < this.#worst) return;
    this.#worst = distance;
    this.#where = where;
  }
}
