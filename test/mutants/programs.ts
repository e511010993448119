// The programs on which planted faults are looked for: generated ones, and those of test/laws, each small, wide (as
// vectors and tiles are) and, one of them, larger than the blocks of the matrix product.
import type { ElaborateOptions } from '../../src/check/elaborate/elaborate.ts';
import type { Program } from '../../src/check/program.ts';
import type { Case } from '../../src/study/random-case.ts';
import { sampleIn } from '../generate/hold.ts';
import { trialOf } from '../generate/sample.ts';
import { Trial } from '../generate/trial.ts';
import { SUBJECTS, type Subject, subjectsOf } from '../laws/subjects.ts';

export interface Planned {
  readonly name: string;
  /**
   * `wide`: sizes as vectors and tiles are. `blocks`: a single row, or more rows, columns and terms of a sum than a block
   * of the matrix product has. Those are not held to the laws that would take too long.
   */
  readonly size: 'small' | 'wide' | 'blocks';
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
    return { name: `generated ${k}`, size: 'small', make: () => trialOf(sampleIn(1, k)) };
  });
  const planned = (subject: Subject, kind: string, size: Planned['size'], drawn: Case): Planned => {
    return { name: `${subject.name}, ${kind}`, size, make: () => new SubjectTrial(subject, drawn) };
  };
  const subjects = SUBJECTS.flatMap((subject): Planned[] => [
    planned(subject, 'narrow', 'small', caseOf(subject, NARROW, [5, 2, 3], true)),
    planned(subject, 'wide', 'wide', caseOf(subject, WIDE, [4, 1, 3, 2, 4, 2, 1], false)),
  ]);
  const [rnn] = subjectsOf(['rnn']);
  return [
    ...samples,
    ...subjects,
    planned(rnn, 'single', 'blocks', caseOf(rnn, [13, 61], [3], false)),
    planned(rnn, 'many', 'blocks', caseOf(rnn, [3, 9], many(67), false)),
    planned(rnn, 'broad', 'blocks', caseOf(rnn, [261, 522], [2, 1], false)),
  ];
}

function many(sequences: number): number[] {
  return Array.from({ length: sequences }, (_, b) => 1 + (b % 2));
}
