// All that is checked of a program: its gradients against differences and forward mode, then the laws.
import type { Span } from '../base/source.ts';
import type { Program } from '../check/program.ts';
import { checkLaws, type LawReport } from './check-laws.ts';
import { checkGradients, type GradientCheck, type GradientReport } from './gradcheck.ts';
import { stopsOf, surrogatesOf } from './held.ts';
import { LAWS, SECOND_ORDER } from './laws/all.ts';
import type { Law } from './laws/law.ts';

export interface ProgramCheck extends GradientCheck {
  /** Also second order: Hessian-vector products. */
  readonly second: boolean;
  /** Called before each law. */
  readonly onLaw?: (law: Law) => void;
}

/** What the check does not look at, since it is so by design. */
export interface Hidden {
  /** Where the program writes `stop`: what it hides has no gradient, and differences are kept from seeing it. */
  readonly stops: readonly Span[];
  /** Where a function with a slope of its own has its value: differences are given that slope. */
  readonly slopes: readonly Span[];
  /** Outputs that are categories or conditions: they have no derivative. */
  readonly outputs: readonly string[];
  /** Weights that are frozen: no gradient is asked for. */
  readonly frozen: readonly string[];
  /** Inputs that are categories. */
  readonly inputs: readonly string[];
}

export interface ProgramReport {
  readonly passed: boolean;
  readonly gradients: GradientReport;
  /** None where no sizes suit the program. */
  readonly laws: readonly LawReport[];
  readonly hidden: Hidden;
}

/** A law is held on one case for each four of the gradients: most of them compile, or unroll, each case anew. */
export function casesOfLaws(cases: number): number {
  return Math.ceil(cases / 4);
}

/** The same arguments give the same report. */
export async function checkProgram(check: ProgramCheck): Promise<ProgramReport> {
  let seen: Program | undefined;
  const programOf: GradientCheck['programOf'] = (sizes, startingStates) => {
    const program = check.programOf(sizes, startingStates);
    seen ??= program;
    return program;
  };
  const gradients = checkGradients({ ...check, programOf });
  const laws = check.second ? [...LAWS, ...SECOND_ORDER] : LAWS;
  // Also where no case is finite: it may be the padding that reaches the results.
  const reports =
    seen === undefined ? [] : await checkLaws(laws, { ...check, programOf, cases: casesOfLaws(check.cases) });
  return {
    passed: gradients.passed && gradients.cases > 0 && reports.every((report) => report.passed),
    gradients,
    laws: reports,
    hidden:
      seen === undefined ? { stops: [], slopes: [], outputs: [], inputs: [], frozen: [] } : hiddenOf(seen),
  };
}

function hiddenOf({ graph, inputs, outputs, parameters }: Program): Hidden {
  const categories = (
    values: readonly { readonly name: string; readonly kind: string }[],
  ): readonly string[] => values.filter(({ kind }) => kind !== 'real').map(({ name }) => name);
  return {
    stops: stopsOf(graph),
    slopes: surrogatesOf(graph),
    outputs: categories(outputs),
    inputs: categories(inputs),
    frozen: parameters.flatMap(({ name, frozen }) => (frozen ? [name] : [])),
  };
}
