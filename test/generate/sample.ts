// Samples: generated programs with a case each, as fast-check draws them and makes them smaller. A sample is a function
// of one number.
import fc from 'fast-check';
import type { Case } from '../../src/study/random-case.ts';
import { caseOf, SIZE_NAMES } from './case.ts';
import { growFile } from './file.ts';
import { smaller } from './smaller.ts';
import { type File, printFile } from './tree.ts';
import { Trial } from './trial.ts';

export interface Sample {
  /** Repeats it. */
  readonly seed: number;
  readonly file: File;
  readonly drawn: Case;
}

export function sampleOf(seed: number): Sample {
  return shown({ seed, file: growFile(seed), drawn: caseOf(seed) });
}

/** The sample as fast-check shows it: a file, and what it was held to. */
function shown(sample: Sample): Sample {
  const { drawn, file, seed } = sample;
  const sizes = SIZE_NAMES.map((name) => `${name} = ${drawn.sizes[name]}`).join(', ');
  const states = drawn.startingStates ? ', starting states given' : '';
  const about = [
    `# seed ${seed}; ${sizes}`,
    `# lengths ${drawn.lengths.join(', ')} of ${drawn.steps} steps${states}, numbers ${drawn.numbers}`,
  ];
  const text = `\n${about.join('\n')}\n${printFile(file)}`;
  return Object.defineProperty({ ...sample }, fc.toStringMethod, { value: () => text });
}

export function trialOf({ file, drawn }: Sample): Trial {
  return new Trial(printFile(file), drawn);
}

/** Samples with smaller ones for each: those that check, unless the first does not. */
export function samples(): fc.Arbitrary<Sample> {
  return new Samples();
}

class Samples extends fc.Arbitrary<Sample> {
  override generate(random: fc.Random): fc.Value<Sample> {
    return new fc.Value(sampleOf(random.nextInt(0, 2 ** 31 - 1)), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Sample {
    return typeof value === 'object' && value !== null && 'drawn' in value && 'file' in value;
  }

  override shrink(sample: Sample): fc.Stream<fc.Value<Sample>> {
    return fc.stream(smallerSamples(sample)).map((less) => new fc.Value(shown(less), undefined));
  }
}

function* smallerSamples(sample: Sample): Generator<Sample> {
  const size = printFile(sample.file).length;
  const isProgram = checks(sample);
  for (const file of smaller(sample.file)) {
    const less = { ...sample, file };
    if (printFile(file).length < size && checks(less) === isProgram) yield less;
  }
  for (const drawn of smallerCases(sample.drawn)) {
    if (checks({ ...sample, drawn }) === isProgram) yield { ...sample, drawn };
  }
}

/** Whether it is a program, with these sizes. */
function checks(sample: Sample): boolean {
  try {
    trialOf(sample).program();
    return true;
  } catch {
    return false;
  }
}

function* smallerCases(drawn: Case): Generator<Case> {
  const { lengths, sizes, startingStates, steps } = drawn;
  if (lengths.length > 1) {
    for (const k of lengths.keys()) yield { ...drawn, lengths: lengths.toSpliced(k, 1) };
  }
  for (const less of [1, Math.floor(steps / 2), steps - 1]) {
    if (less >= 1 && less < steps) {
      yield { ...drawn, steps: less, lengths: lengths.map((length) => Math.min(length, less)) };
    }
  }
  for (const [k, length] of lengths.entries()) {
    if (length < steps) yield { ...drawn, lengths: lengths.with(k, steps) };
  }
  for (const name of SIZE_NAMES) {
    for (const less of [1, sizes[name] - 1]) {
      if (less >= 1 && less < sizes[name]) yield { ...drawn, sizes: { ...sizes, [name]: less } };
    }
  }
  if (startingStates) yield { ...drawn, startingStates: false };
}
