// The programs on which planted faults are looked for: generated ones, and those of test/laws, each small, wide (as
// vectors and tiles are) and, one of them, larger than the blocks of the matrix product.
import type { ElaborateOptions } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import type { Case } from '../../src/study/random-case.ts';
import { sampleIn } from '../generate/hold.ts';
import { trialOf } from '../generate/sample.ts';
import { Trial } from '../generate/trial.ts';
import { SUBJECTS, type Subject } from '../laws/subjects.ts';

export interface Planned {
  readonly name: string;
  /** Whether it is held to what the targets do only: the others would take too long on it. */
  readonly isLarge: boolean;
  readonly make: () => Trial;
}

const NARROW = [3, 2, 4, 1, 5];
const WIDE = [17, 9, 12, 20, 6];

/** A cell or model of a file, with a case of its own. */
class SubjectTrial extends Trial {
  readonly #subject: Subject;

  constructor(subject: Subject, drawn: Case) {
    super(subject.text, drawn);
    this.#subject = subject;
  }

  override program(_mode?: ElaborateOptions['mode'], startingStates = this.drawn.startingStates): Program {
    return this.#subject.programOf({ sizes: this.drawn.sizes, startingStates });
  }
}

function caseOf(
  subject: Subject,
  extents: readonly number[],
  lengths: readonly number[],
  startingStates: boolean,
): Case {
  return {
    sizes: Object.fromEntries(subject.sizes.map((name, k) => [name, extents[k % extents.length]])),
    steps: Math.max(...lengths),
    lengths,
    startingStates,
    numbers: 11,
  };
}

/** So many generated programs, then those of the folders. */
export function plannedPrograms(generated: number): readonly Planned[] {
  const samples = Array.from({ length: generated }, (_, k): Planned => {
    return { name: `generated ${k}`, isLarge: false, make: () => trialOf(sampleIn(1, k)) };
  });
  const subjects = SUBJECTS.flatMap((subject): Planned[] => {
    const planned = (kind: string, isLarge: boolean, drawn: Case): Planned => {
      return { name: `${subject.name}, ${kind}`, isLarge, make: () => new SubjectTrial(subject, drawn) };
    };
    return [
      planned('narrow', false, caseOf(subject, NARROW, [5, 2, 3], true)),
      planned('wide', true, caseOf(subject, WIDE, [4, 1, 3, 2, 4, 2, 1], false)),
      // More columns, terms of a sum and rows than one block of the matrix product has.
      ...(subject.name === 'rnn'
        ? [
            planned('broad', true, caseOf(subject, [261, 522], [2, 1], false)),
            planned('many', true, caseOf(subject, [3, 9], many(67), false)),
          ]
        : []),
    ];
  });
  return [...samples, ...subjects];
}

function many(sequences: number): number[] {
  return Array.from({ length: sequences }, (_, b) => 1 + (b % 2));
}
