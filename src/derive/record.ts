// A derivation as plain data: each equation as text in the notation and in LaTeX.

import type { ReadBack } from './check.ts';
import type { Equations } from './derive.ts';
import { describeGiven, sectionsOf } from './document.ts';
import { Latex } from './latex.ts';
import { writeFormula, writeLeft } from './text.ts';

export interface EquationRecord {
  /** `d_h`, `h[-1]`. */
  readonly left: string;
  readonly right: string;
  readonly latex: string;
}

export interface DerivationRecord {
  readonly name: string;
  readonly kind: 'cell' | 'model';
  readonly given: readonly {
    readonly name: string;
    readonly shape: readonly string[];
    readonly about: string;
  }[];
  readonly sections: readonly {
    readonly heading: string;
    readonly equations: readonly EquationRecord[];
  }[];
  /** What a gradient is called, by what it is the gradient by. */
  readonly gradients: Readonly<Record<string, string>>;
  /** How the text was checked: read back, computed with on a random sequence, and compared with the graph. */
  readonly check:
    | { readonly sizes: Readonly<Record<string, number>>; readonly steps: number; readonly error: number }
    | undefined;
}

export function derivationRecord(equations: Equations, check: ReadBack | undefined): DerivationRecord {
  const latex = new Latex(equations.gradient);
  return {
    name: equations.name,
    kind: equations.kind,
    given: equations.given.map((given) => ({
      name: given.name,
      shape: given.shape.map(writeFormula),
      about: describeGiven(given),
    })),
    sections: sectionsOf(equations).map(({ heading, parts }) => ({
      heading,
      equations: parts.flatMap((part) =>
        part.equations.map((equation) => ({
          left: writeLeft(equation),
          right: writeFormula(equation.formula),
          latex: latex
            .lines([equation])
            .join('')
            .replace(' &= ', ' = ')
            .replaceAll(/ \\\\\n&\\quad/g, ''),
        })),
      ),
    })),
    gradients: Object.fromEntries(
      [...equations.gradients].map(([output, name]) => [output.slice('grad.'.length), name]),
    ),
    check: check && { ...check, sizes: Object.fromEntries(check.sizes) },
  };
}
