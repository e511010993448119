// What a cell computes and nobody needs: warnings, given only where there is no error. Of things that hang together the
// last one is told: a weight that is used in an equation that reaches no output is not named beside it.

import type { Span } from '../base/source.ts';
import type { CheckedExpression, CheckedInput, CheckedParameter } from './checked.ts';
import { declaredOf, partName, partsOf } from './complex.ts';
import type { Context } from './context.ts';
import type { Report } from './report.ts';
import { nodesOf, type Stages, type Unstaged } from './stages.ts';

/** What `warnUnused` looks at. */
export interface UsedCell extends Unstaged {
  readonly kind: 'cell' | 'model';
  readonly inputs: readonly CheckedInput[];
  readonly targets: readonly CheckedInput[];
  readonly parameters: readonly CheckedParameter[];
}

interface NamedPlace {
  readonly name: string;
  readonly span: Span;
}

export function warnUnused(
  cell: UsedCell,
  results: readonly CheckedExpression[],
  stages: Stages,
  report: Report,
): void {
  const count = cell.equations.length;
  const expressionsOf = (node: number): readonly CheckedExpression[] => {
    if (node >= count) return cell.applications[node - count].arguments;
    const state = cell.states.find((candidate) => candidate.equation === node);
    const start = state?.start === undefined ? [] : [state.start];
    return [cell.equations[node].value, ...start];
  };
  // What the results reach.
  const reached = new Set<number>();
  const pending = results.flatMap((result) =>
    nodesOf(result).flatMap((part) => (part.kind === 'equation' ? [part.equation as number] : [])),
  );
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    for (const target of stages.needs[node]) pending.push(target);
  }
  const whole = cell.kind === 'cell' ? 'output' : 'output, loss or metric';
  // Equations that are needed by another unreached one are not told.
  const unreached = cell.equations.map((_, i) => i).filter((i) => !reached.has(i));
  const neededByOther = new Set<number>();
  for (let node = 0; node < stages.needs.length; node++) {
    if (reached.has(node)) continue;
    for (const target of stages.needs[node]) if (target !== node) neededByOther.add(target);
  }
  const last = unreached.filter((i) => !neededByOther.has(i));
  const told = last.length > 0 ? last : unreached.slice(0, 1);
  const reported = new Set<number>();
  const named = cell.equations.map(({ name = '', span }) => ({ name, span }));
  for (const { name, at, entry, complex } of declaredOf(named)) {
    // Of a complex value nothing depends on either part.
    const parts = complex ? [at, at + 1] : [at];
    if (name === '' || !parts.some((node) => told.includes(node))) continue;
    if (parts.some((node) => reached.has(node))) continue;
    reported.add(at);
    const { span } = entry;
    report.add({
      code: 'RNN5013',
      severity: 'warning',
      message: `nothing depends on ${name}: it reaches no ${whole}`,
      span,
    });
  }
  // Names: an input, a weight, a state's past.
  const used = new Set<string>();
  const past = new Set<string>();
  for (let node = 0; node < stages.needs.length; node++) {
    for (const part of expressionsOf(node).flatMap(nodesOf)) note(part, used, past);
  }
  for (const part of results.flatMap(nodesOf)) note(part, used, past);
  // What a delay keeps of a state is its past, too.
  for (const { value } of cell.equations) {
    if (value.kind !== 'newest' || value.operand.kind !== 'equation') continue;
    const { equation } = value.operand;
    const state = cell.states.find((candidate) => candidate.equation === equation);
    if (state !== undefined) past.add(state.name);
  }
  for (const [word, list] of [
    ['input', cell.inputs],
    ['target', cell.targets],
    ['weight', cell.parameters],
  ] as const) {
    const isUsed = (name: string): boolean => used.has(`${word === 'weight' ? 'weight' : 'input'} ${name}`);
    for (const { name, entry, complex } of declaredOf<NamedPlace>(list)) {
      if (partsOf(complex ? 'complex' : 'real').some((part) => isUsed(partName(name, part)))) continue;
      const { span } = entry;
      report.add({
        code: 'RNN5013',
        severity: 'warning',
        message: `the ${word} ${name} is never used`,
        span,
      });
    }
  }
  for (const { name, entry, complex } of declaredOf(cell.states)) {
    if (partsOf(complex ? 'complex' : 'real').some((part) => past.has(partName(name, part)))) continue;
    const { span, equation } = entry;
    if (reported.has(equation)) continue;
    report.add({
      code: 'RNN5014',
      severity: 'warning',
      message: `${name} is a state, and its past is never used`,
      span,
      help: `write prev ${name} where its value of one step ago is meant, or leave out the declaration`,
    });
  }
}

function note(part: CheckedExpression, used: Set<string>, past: Set<string>): void {
  switch (part.kind) {
    case 'input':
      used.add(`input ${part.name}`);
      break;
    case 'parameter':
      used.add(`weight ${part.name}`);
      break;
    case 'affine':
      for (const term of part.terms) used.add(`weight ${term.weight}`);
      if (part.bias !== undefined) used.add(`weight ${part.bias}`);
      break;
    case 'previous':
      past.add(part.state);
      break;
    default:
      break;
  }
}

/** Named instances that nothing applies: an error where something looks at their past, else a warning. */
export function neverApplied(context: Context): boolean {
  let found = false;
  for (const [name, binding] of context.scope) {
    if (binding.kind !== 'instance' || context.appliedNames.has(name)) continue;
    const looked = context.lookedAt.get(name);
    if (looked !== undefined) found = true;
    context.report.add({
      code: 'RNN5004',
      severity: looked === undefined ? 'warning' : 'error',
      message: `${name} is never applied${looked === undefined ? '' : ', so it has no past'}`,
      span: looked ?? binding.span,
      related: looked === undefined ? [] : [{ span: binding.span, text: `${name} is made here` }],
      help: `apply it: y = ${name}(...)`,
    });
  }
  return found;
}
