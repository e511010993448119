// A derivation as it is shown: in one of the formats, with a last line on how it was checked; or as plain data.

import type { ReadBack } from './check.ts';
import type { Derivation } from './derivation.ts';
import { describeGiven, sectionsOf } from './document.ts';
import { Latex } from './latex.ts';
import { writeFormula, writeLeft } from './text.ts';
import { writeDerivation } from './text-document.ts';
import { writeLatex, writeMarkdown } from './typeset.ts';

export const FORMATS = ['text', 'latex', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** The whole document, ending in a line end. */
export function writeAs(format: Format, { equations, check }: Derivation): string {
  const checked = describeCheck(check);
  switch (format) {
    case 'text':
      return `${writeDerivation(equations)}\n${checked}\n`;
    case 'latex':
      return `${writeLatex(equations)}% ${checked}\n`;
    case 'markdown':
      return `${writeMarkdown(equations)}${checked}\n`;
    default:
      return format satisfies never;
  }
}

function describeCheck(check: ReadBack | undefined): string {
  if (check === undefined) {
    return 'Read back, and not compared: on no random sequence were all gradients numbers.';
  }
  const sizes = [...check.sizes, ['T', check.steps] as const].map(([name, value]) => `${name} = ${value}`);
  // Beyond these digits engines differ, and what is shown repeats everywhere.
  const digits = Math.min(12, Math.floor(-Math.log10(check.error)));
  return `Read back and evaluated on a random sequence (${sizes.join(', ')}): the same gradients to ${digits} digits.`;
}

export interface EquationRecord {
  /** `d_h`, `h[-1]`. */
  readonly left: string;
  readonly right: string;
  readonly latex: string;
}

/** A derivation as plain data, each equation in the notation of the text and in LaTeX. */
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
  /** Short beginnings of names, by the long ones that the program has. */
  readonly abbreviations: Readonly<Record<string, string>>;
  /** What a gradient is called, by what it is the gradient by. */
  readonly gradients: Readonly<Record<string, string>>;
  /**
   * How the text was checked: read back, computed with on a random sequence, and compared with the graph. The largest
   * difference of a gradient, divided by the largest gradient of its tensor. Undefined where no random sequence gave
   * numbers throughout.
   */
  readonly check:
    | { readonly sizes: Readonly<Record<string, number>>; readonly steps: number; readonly error: number }
    | undefined;
}

export function derivationRecord({ equations, check }: Derivation): DerivationRecord {
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
          latex: latex.equation(equation),
        })),
      ),
    })),
    abbreviations: Object.fromEntries(equations.abbreviations),
    gradients: Object.fromEntries(
      [...equations.gradients].map(([output, name]) => [output.slice('grad.'.length), name]),
    ),
    check: check && { ...check, sizes: Object.fromEntries(check.sizes) },
  };
}
