// The order in which a derivation is read: that of equations, and that of the terms of one. Nothing changes but order, and
// common factors of all terms, which are taken out.

import { type Equation, type Formula, multiply, partsOf, some, sumOf, type Term } from './formula.ts';

/**
 * The gradients of a step, the last equation of the forward step first, as one differentiates by hand. What is needed
 * for an equation and stands nowhere in the forward step comes right before it.
 */
export function inReadingOrder(
  equations: readonly Equation[],
  forward: readonly string[],
  gradient: string,
): readonly Equation[] {
  const rank = ({ name }: Equation): number => forward.indexOf(name.slice(gradient.length));
  const sorted = equations.toSorted((a, b) => rank(b) - rank(a));
  const byName = new Map(equations.map((equation) => [equation.name, equation]));
  const ordered = new Set<Equation>();
  const place = (equation: Equation): void => {
    if (ordered.has(equation)) return;
    for (const needed of namesNow(equation.formula)) {
      const other = byName.get(needed);
      if (other !== undefined && other !== equation) place(other);
    }
    ordered.add(equation);
  };
  // Those that no equation of the forward step has the name of are placed by who needs them, or last.
  for (const equation of sorted) if (rank(equation) >= 0) place(equation);
  for (const equation of sorted) place(equation);
  return [...ordered];
}

/** The names whose values of the same step a formula needs. */
function namesNow(formula: Formula): readonly string[] {
  const own = formula.kind === 'name' && (formula.at?.offset ?? 0) === 0 ? [formula.name] : [];
  return [...own, ...partsOf(formula).flatMap(namesNow)];
}

/** What names of ours begin with. */
interface Prefixes {
  readonly gradient: string;
  readonly arriving: string;
}

/**
 * A gradient's formula: first what arrives from outside, then what this step gives, in the order of the file, then what comes
 * from the step after.
 */
export function inTermOrder(formula: Formula, prefixes: Prefixes): Formula {
  if (formula.kind !== 'sum') return formula;
  const ranked = formula.terms.toReversed().map((term) => ({ term, rank: rankOf(term, prefixes) }));
  const terms = ranked.toSorted((a, b) => a.rank - b.rank);
  const sum = sumOf(positiveFirst(terms).map(({ term }) => term));
  // A term that is zero at the last step stays one by itself.
  return terms.some(({ rank }) => rank === 2) ? sum : withoutCommonFactor(sum);
}

/** 0: arrives; 1: of this step; 2: of the step after. */
function rankOf({ formula }: Term, { gradient, arriving }: Prefixes): 0 | 1 | 2 {
  const calls = (...names: readonly string[]): boolean =>
    some(formula, (part) => part.kind === 'call' && names.includes(part.name));
  if (calls('at_end', 'at_start')) return 0;
  if (formula.kind === 'name' && formula.name.startsWith(arriving)) return 0;
  const isOfAfter = some(
    formula,
    (part) => part.kind === 'name' && part.name.startsWith(gradient) && (part.at?.offset ?? 0) !== 0,
  );
  return isOfAfter || calls('before_end', 'after_start') ? 2 : 1;
}

interface Ranked {
  readonly term: Term;
  readonly rank: number;
}

/** No sum begins with a minus that need not. */
function positiveFirst(terms: readonly Ranked[]): readonly Ranked[] {
  const at = terms.findIndex(({ term, rank }) => !term.negative && rank === terms[0].rank);
  return at <= 0 ? terms : [terms[at], ...terms.toSpliced(at, 1)];
}

/** a * b + a * c is a * (b + c). */
function withoutCommonFactor(formula: Formula): Formula {
  if (formula.kind !== 'sum' || formula.terms.length < 2) return formula;
  const split = formula.terms.map(({ negative, formula: term }) => {
    if (term.kind !== 'product') return undefined;
    const [first, ...rest] = term.factors;
    return { negative, first, rest: rest.reduce(multiply) };
  });
  const [head] = split;
  if (head === undefined || head.first.kind !== 'name') return formula;
  const isShared = split.every(
    (one) => one !== undefined && JSON.stringify(one.first) === JSON.stringify(head.first),
  );
  if (!isShared) return formula;
  return multiply(head.first, sumOf(split.map((one) => ({ negative: one!.negative, formula: one!.rest }))));
}
