// Sizes as they are written at a place: in the cell those of its header, inside a function also its arguments that are
// sizes (`repeat(f, y, steps)` where steps was given as 4, or as depth).

import { suggest } from '../base/suggest.ts';
import type { Expression } from '../parser/tree.ts';
import { type Binding, type Context, isFunctionValue, type Place, seesCell } from './context.ts';
import { childrenOf } from './dependencies.ts';
import { Report, shortText } from './report.ts';
import { type Size, substituteSize } from './size.ts';
import { readSize } from './size-expressions.ts';

/** Reads a size; undefined where it is none, which is reported. */
export function readSizeAt(context: Context, expression: Expression, place: Place): Size | undefined {
  const { parameters } = place;
  if (parameters === undefined) return readSize(context, expression);
  const scope = new Map<string, Binding>(seesCell(place) ? context.scope : []);
  const values = new Map<string, Size>();
  const span = place.at ?? expression.span;
  for (const name of namesIn(expression)) {
    const given = parameters.get(name);
    if (given === undefined) continue;
    if (isFunctionValue(given) || given.size === undefined) {
      const isPoisoned = !isFunctionValue(given) && given.type.element === 'unknown';
      if (isPoisoned) context.incomplete = true;
      else notASize(context, name, isFunctionValue(given) ? given.name : shortText(given.span), given.span);
      return undefined;
    }
    // A name that no header can have, so that the sizes of the cell stay what they are.
    scope.set(name, { kind: 'size', span: given.span });
    values.set(name, context.unknowns.resolve(given.size));
  }
  const own = [...parameters].filter(([, given]) => !isFunctionValue(given) && given.size !== undefined);
  const missing = namesIn(expression).find((name) => !scope.has(name));
  if (missing !== undefined && !seesCell(place)) {
    const near = suggest(
      missing,
      own.map(([name]) => name),
    );
    context.report.add({
      code: 'RNN2001',
      message: `there is no size ${missing} here`,
      span,
      help: near === undefined ? `make it an argument` : `did you mean ${near}?`,
    });
    return undefined;
  }
  const read = readSize({ report: context.report, scope }, expression);
  return read && substituteSize(read, values);
}

/** The size that an argument stands for, where it is made of sizes: `2 * depth`. */
export function sizeOfExpression(context: Context, expression: Expression, place: Place): Size | undefined {
  if (expression.kind !== 'chain' && expression.kind !== 'power') return undefined;
  const isMade = namesIn(expression).every((name) => {
    const given = place.parameters?.get(name);
    if (given !== undefined) return !isFunctionValue(given) && given.size !== undefined;
    return seesCell(place) && context.scope.get(name)?.kind === 'size';
  });
  if (!isMade) return undefined;
  const report = new Report();
  const quiet = { ...context, report, scope: new Map(context.scope) };
  return readSizeAt(quiet, expression, place);
}

function notASize(context: Context, name: string, text: string | undefined, span: Expression['span']): void {
  context.report.add({
    code: 'RNN3012',
    message: `${text ?? 'this'} is not a size, and ${name} is used as one`,
    span,
    notes: ['a size is made of whole numbers and the sizes of the header'],
  });
}

function namesIn(expression: Expression): readonly string[] {
  const names: string[] = [];
  const pending = [expression];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at.kind === 'name') names.push(at.text);
    pending.push(...childrenOf(at));
  }
  return names;
}
