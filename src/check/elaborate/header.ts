// What is told from outside about the header of the outermost cell: numbers for its sizes and hyperparameters, held
// against what the header has; defaults stand in for what is not told.

import { suggest } from '../../base/suggest.ts';
import type { CheckedCell } from '../checked.ts';
import { isSize, sizeNumber, sizeWords } from './opened.ts';
import { ElaborationProblem } from './problem.ts';

/** A number for every size of the header. */
export function resolveSizes(cell: CheckedCell, given: ReadonlyMap<string, number>): Map<string, number> {
  refuseUnknown(cell, given, cell.sizes, 'size');
  const sizes = new Map<string, number>();
  for (const { name, span, defaultValue } of cell.sizes) {
    const value = given.get(name);
    if (value !== undefined) {
      if (!isSize(value)) {
        throw new ElaborationProblem({
          code: 'RNN5903',
          message: `the size ${name} is ${value}`,
          span,
          label: sizeWords,
        });
      }
      sizes.set(name, value);
    } else if (defaultValue !== undefined) {
      sizes.set(name, sizeNumber(defaultValue, { sizes }, span));
    } else {
      throw new ElaborationProblem({
        code: 'RNN5902',
        message: `the size ${name} of ${cell.name} has no value`,
        span,
        label: 'nothing gives it',
        help: `give one (--set ${name}=4 on the command line), or a default here: ${name} = 4`,
      });
    }
  }
  return sizes;
}

/** Numbers for hyperparameters of the header: each has one, or a default. */
export function resolveHyperparameters(
  cell: CheckedCell,
  given: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  refuseUnknown(cell, given, cell.hyperparameters, 'hyperparameter');
  for (const { name, span, defaultValue } of cell.hyperparameters) {
    const value = given.get(name);
    if (value !== undefined && !Number.isFinite(value)) {
      throw new ElaborationProblem({
        code: 'RNN5904',
        message: `the hyperparameter ${name} is ${value}`,
        span,
        label: 'a hyperparameter is a finite number',
      });
    }
    if (value !== undefined || defaultValue !== undefined) continue;
    throw new ElaborationProblem({
      code: 'RNN5902',
      message: `the hyperparameter ${name} of ${cell.name} has no value`,
      span,
      label: 'nothing gives it',
      help: `give one (--set ${name}=0.5 on the command line), or a default here: ${name}: real = 0.5`,
    });
  }
  return given;
}

function refuseUnknown(
  cell: CheckedCell,
  given: ReadonlyMap<string, number>,
  known: readonly { readonly name: string }[],
  what: string,
): void {
  const names = known.map(({ name }) => name);
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const near = suggest(unknown, names);
  throw new ElaborationProblem({
    code: 'RNN5901',
    message: `${cell.name} has no ${what} ${unknown}`,
    span: cell.span,
    notes: names.length === 0 ? [] : [`it has ${names.join(', ')}`],
    ...(near === undefined ? {} : { help: `did you mean ${near}?` }),
  });
}
