// The derivation of a cell or a model of a file, with its proof. It is derived at sizes that can be told apart, written with
// the symbols of the header, and read back and compared at other sizes.

import { type Diagnostic, makeDiagnostic } from '../base/diagnostic.ts';
import { invariant } from '../base/invariant.ts';
import type { CheckedCell, CheckedFile } from '../check/checked.ts';
import { countedSizes } from '../check/counted-sizes.ts';
import { elaborate } from '../check/elaborate/elaborate.ts';
import type { Program } from '../check/program.ts';
import { evaluateSize } from '../check/size.ts';
import { type ReadBack, readBack } from './check.ts';
import { derive, derivedBy, type Equations } from './derive.ts';
import { NotationError } from './read.ts';
import { PRIMES } from './sizes.ts';
import { writeDerivation } from './text-document.ts';

export interface Derivation {
  readonly equations: Equations;
  /** Undefined where no random case gave numbers throughout. */
  readonly check: ReadBack | undefined;
}

export interface DeriveOptions {
  /** Numbers for sizes; the others stay symbols. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly hyperparameters?: ReadonlyMap<string, number>;
}

/** What a derivation may differ by from the graph: rounding, in another order of the same sums. */
const TOLERANCE = 1e-9;
/** The steps of the case that is computed. */
const STEPS = 5;

/** Derives a cell or a model of a file. Never throws for what the file or the options say. */
export function deriveBlock(
  file: CheckedFile,
  cell: CheckedCell,
  { sizes, hyperparameters }: DeriveOptions,
): { readonly derivation: Derivation | undefined; readonly diagnostics: readonly Diagnostic[] } {
  // How often something is done is no symbol: the equations are so many.
  const given = new Map([...counts(cell), ...sizes]);
  const open = cell.sizes.map((size) => size.name).filter((size) => !given.has(size));
  const at = (numberOf: (k: number) => number) =>
    elaborate(file, {
      name: cell.name,
      sizes: new Map([...given, ...open.map((size, k): [string, number] => [size, numberOf(k)])]),
      ...(hyperparameters === undefined ? {} : { hyperparameters }),
      mode: 'train',
      startingStates: false,
    });
  const { program: small, diagnostics } = at((k) => 2 + k);
  if (small === undefined) return { derivation: undefined, diagnostics };
  const nothing = nothingToDerive(small);
  if (nothing !== undefined) return { derivation: undefined, diagnostics: [nothing] };

  const { program: large } = at((k) => PRIMES[k % PRIMES.length]);
  const proved = large === undefined ? undefined : prove(deriveProgram(large, open), small);
  if (proved !== undefined) return { derivation: proved, diagnostics: [] };
  // A number was taken for a size that it only looked like: told with numbers, it is right at these sizes.
  const plain = prove(deriveProgram(small, []), small);
  invariant(plain !== undefined, `the derivation of ${cell.name} gives other gradients than its graph`);
  return { derivation: plain, diagnostics: [] };
}

/** Numbers for the sizes of a header that say how often something is done: their defaults, else a small one. */
export function counts(cell: CheckedCell): ReadonlyMap<string, number> {
  const counted = countedSizes(cell);
  return new Map(
    cell.sizes
      .filter(({ name }) => counted.has(name))
      .map(({ name, defaultValue }) => {
        const value = defaultValue && evaluateSize(defaultValue, new Map());
        return [name, value ?? 2];
      }),
  );
}

/** Derives a program; the sizes in `symbols`, which are primes of sizes.ts, are written as such. */
export function deriveProgram(program: Program, symbols: readonly string[]): Equations {
  const sizes = new Map([...program.sizes].filter(([size]) => symbols.includes(size)));
  return derive({ ...program, sizes });
}

/** The derivation with its check; undefined where that fails. */
function prove(equations: Equations, program: Program): Derivation | undefined {
  try {
    const check = readBack(writeDerivation(equations), equations, program, STEPS);
    return check !== undefined && check.error > TOLERANCE ? undefined : { equations, check };
  } catch (error) {
    // Arrays that do not fit where a number was taken for a size.
    if (error instanceof NotationError) return undefined;
    throw error;
  }
}

function nothingToDerive(program: Program): Diagnostic | undefined {
  const isSource = program.loss !== undefined || program.outputs.some(({ kind }) => kind === 'real');
  if (isSource && derivedBy(program).length > 0) return undefined;
  return makeDiagnostic({
    code: 'RNN8201',
    message: isSource
      ? `${program.name} has nothing to take a gradient by`
      : `${program.name} gives nothing that has a gradient`,
    span: program.span,
    notes: [
      isSource
        ? 'gradients are taken by weights and by inputs that are numbers; it has none of them'
        : 'gradients are of numbers; all that it gives is categories or conditions',
    ],
  });
}
