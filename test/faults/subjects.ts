// The programs that faults are planted in: generated ones, the same each time, and those of models/ and of the laws.
import { readdirSync, readFileSync } from 'node:fs';
import type { Graph } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/ops/attributes.ts';
import type { Case } from '../../src/study/random-case.ts';
import { caseOf } from '../generate/case.ts';
import { sampleIn } from '../generate/hold.ts';
import { trialOf } from '../generate/sample.ts';
import { Trial } from '../generate/trial.ts';
import { Subject } from './judge.ts';

/** The campaign (hold.ts) that generated programs are of. */
const CAMPAIGN = 1;
/** How many cases of one program are looked at before a fault is said to change nothing in it. */
const CASES = 4;
/** The size that every name of a header has in a program of models/. */
const SIZE = 3;

const generated: Subject[] = [];

/** The first generated programs. */
export function* programs(count: number): Generator<Subject> {
  for (let k = 0; k < count; k++) {
    generated[k] ??= subjectOf(k);
    yield generated[k];
  }
}

function subjectOf(number: number): Subject {
  const sample = sampleIn(CAMPAIGN, number);
  return new Subject(`seed ${sample.seed}`, trialOf(sample));
}

let written: readonly Subject[] | undefined;

/** The programs that people have written. */
export function models(): readonly Subject[] {
  written ??= ['models', 'test/laws/programs'].flatMap((folder) => {
    const path = new URL(`../../${folder}/`, import.meta.url);
    return readdirSync(path)
      .filter((file) => file.endsWith('.rnn'))
      .map((file, k) => {
        // A trial stands in models/.
        const text = readFileSync(new URL(file, path), 'utf8').replaceAll('"../../../models/', '"./');
        const drawn = caseOf(k);
        const names = /(?:cell|model) \w+\(([^)]*)\)/g;
        const sizes = [...text.matchAll(names)].flatMap(([, list]) => list.match(/\w+/g) ?? []);
        const all = Object.fromEntries(sizes.map((name) => [name, SIZE]));
        return new Subject(`${folder}/${file}`, new Trial(text, { ...drawn, sizes: all }));
      });
  });
  return written;
}

/** The same program in some cases: its own, and further ones with sequences of unequal lengths. */
export function* casesOf({ name, trial }: Subject): Generator<Subject> {
  const { text, drawn } = trial;
  yield* known(name, () => [
    new Subject(name, trial),
    ...unequalCases(drawn.numbers).map((other, k) => {
      const sizes = Object.entries(drawn.sizes).map(([size, value]) => [size, other.sizes[size] ?? value]);
      const own = { ...other, sizes: Object.fromEntries(sizes) };
      return new Subject(`${name}, case ${k + 2}`, new Trial(text, own));
    }),
  ]);
}

function unequalCases(seed: number): Case[] {
  const found: Case[] = [];
  for (let k = 0; found.length < CASES - 1; k++) {
    const drawn = caseOf(seed + k);
    if (new Set(drawn.lengths).size > 1 && drawn.steps > 2) found.push(drawn);
  }
  return found;
}

const cases = new Map<string, readonly Subject[]>();

function known(name: string, make: () => readonly Subject[]): readonly Subject[] {
  const found = cases.get(name) ?? make();
  // One program after the other: what is known of those before is not asked for again.
  if (!cases.has(name)) cases.clear();
  cases.set(name, found);
  return found;
}

/** Whether an operation is called anywhere in a subject. */
export function calls({ trial }: Subject, op: OpName): boolean {
  return within(trial.forms.forward, op);
}

function within(graph: Graph, op: OpName): boolean {
  return graph.nodes.some(
    (node) => (node.kind === 'call' && node.op === op) || (node.kind === 'scan' && within(node.body, op)),
  );
}
