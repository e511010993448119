// A share of the planted faults, the same each time: one of each kind of each group. All of them, on more programs:
// scripts/plant-faults.mjs. And that the lists are whole, and that what no law sees is told.
import { describe, expect, test } from 'vitest';
import { derivatives } from '../../src/autodiff/rules.ts';
import { tangentRules } from '../../src/autodiff/tangent-rules.ts';
import { OP_NAMES } from '../../src/graph/ops/table.ts';
import { differentiable, withGradients } from '../../src/study/gradient-program.ts';
import { hold, sampleIn, shrunk } from '../generate/hold.ts';
import { GENERATED_LAWS } from '../generate/laws.ts';
import type { Trial } from '../generate/trial.ts';
import { AUTODIFF, type Autodiff } from '../laws/forms.ts';
import type { Fault, Judged } from './fault.ts';
import { SITE, TANGENT_SITE } from './formulas.ts';
import { GROUPS } from './groups.ts';
import { FIRST, FORM, judge } from './judge.ts';
import { report } from './report.ts';
import { derivativeFaults, tangentFaults } from './rules.ts';
import { models, programs } from './subjects.ts';

const PROGRAMS = 4;

const ofDerivatives = derivativeFaults();
const ofTangents = tangentFaults();

describe('the lists are whole', () => {
  test('every entry of every derivative is dropped, negated, doubled and transposed', () => {
    for (const op of OP_NAMES) {
      derivatives[op].forEach((entry, k) => {
        const place = `${op} by ${'abc'[k]}: all of it`;
        const kinds = ofDerivatives.filter((fault) => fault.place === place).map(({ kind }) => kind);
        const expected = typeof entry === 'function' ? ['doubled', 'dropped', 'negated', 'transposed'] : [];
        expect([place, kinds.toSorted()]).toEqual([place, expected]);
      });
    }
  });

  test('every row of every tangent is dropped, negated and doubled', () => {
    for (const op of OP_NAMES) {
      const place = `${op}: all of it`;
      const kinds = ofTangents.filter((fault) => fault.place === place).map(({ kind }) => kind);
      const expected = typeof tangentRules[op] === 'function' ? ['doubled', 'dropped', 'negated'] : [];
      expect([place, kinds.toSorted()]).toEqual([place, expected]);
    }
  });

  test.each([
    ['derivatives', SITE, ofDerivatives],
    ['tangents', TANGENT_SITE, ofTangents],
  ] as const)('every word that %s are written with is heard', (_, vocabulary, faults) => {
    const words = Object.keys(vocabulary);
    expect(words.filter((word) => !faults.some(({ place }) => place.includes(`: ${word} `)))).toEqual([]);
  });

  test('a fault is told by its kind and place', () => {
    const names = ofDerivatives.map(({ kind, place }) => `${kind}, ${place}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** The first fault of each kind, and the one in the middle of the list. */
function share(faults: Iterable<Fault>): readonly Fault[] {
  const byKind = new Map<string, Fault[]>();
  for (const fault of faults) byKind.set(fault.kind, [...(byKind.get(fault.kind) ?? []), fault]);
  return [...byKind.values()].flatMap((list) => [...new Set([list[0], list[Math.floor(list.length / 2)]])]);
}

test.each(GROUPS)('faults in $about', { timeout: 240_000 }, async ({ name, faults }) => {
  const judged: Judged[] = [];
  for (const { kind, place, judge } of share(faults(PROGRAMS))) {
    judged.push({ group: name, kind, place, outcome: await judge(false) });
  }
  expect(judged.length).toBeGreaterThanOrEqual(8);
  expect(judged.filter(({ outcome }) => outcome.result === 'escaped')).toEqual([]);
  const caught = judged.filter(({ outcome }) => outcome.result === 'caught').length;
  expect(caught / judged.length).toBeGreaterThan(0.5);
});

/** Gradients by a table with a fault in it. */
function withTable(place: string, kind: string): Autodiff {
  const { table } = ofDerivatives.find((fault) => fault.place === place && fault.kind === kind)!;
  return {
    ...AUTODIFF,
    gradients: (program, graph) => withGradients(program, graph, differentiable(program), table),
  };
}

test('a fault that no law sees has escaped, and is told with what repeats it', async () => {
  const [kind, place] = ['negated', 'sin by a: all of it'];
  const planted = { autodiff: withTable(place, kind), answers: 'gradients' } as const;
  const [subject] = programs(1);
  expect((await judge(planted, [subject], true)).result).toBe('caught');
  const outcome = await judge(planted, [subject], true, []);
  expect(outcome.result).toBe('escaped');
  const text = report(GROUPS, [{ group: 'derivatives', kind, place, outcome }]);
  expect(text).toContain(`plant-faults.mjs "derivatives" --only "${kind}, ${place}"`);
});

test('the laws that have their place in the order are there', () => {
  const names = new Set(GENERATED_LAWS.map(({ name }) => name));
  expect([...FIRST, ...FORM].filter((name) => !names.has(name))).toEqual([]);
});

test('every model is a program that faults are planted in', () => {
  expect(models().length).toBeGreaterThan(20);
  for (const { name, isNumeric } of models()) expect([name, isNumeric]).toEqual([name, true]);
});

test.each(['sigmoid by a: times 1, argument 1 alone', 'div by b: neg 1, argument 1 alone'])(
  'a generated program says in few lines that something is wrong: %s',
  async (place) => {
    const autodiff = withTable(place, 'left out');
    const law = GENERATED_LAWS.find(({ name }) => name === 'forward and reverse mode agree')!;
    const laws = [{ ...law, hold: (trial: Trial) => law.hold(trial.by(autodiff)) }];
    for (let k = 0; k < 60; k++) {
      const sample = sampleIn(1, k);
      const { broken } = await hold(sample, laws);
      if (broken === undefined) continue;
      const text = await shrunk(sample, broken, laws);
      expect(text.length).toBeLessThan(700);
      expect(text).toContain(`seed ${sample.seed}`);
      return;
    }
    expect.unreachable('no program shows it');
  },
);
