// Equations in index notation: `S[i, j] = f * prev S[i, j] + v[i] * k[j]`. The left side binds the indices, and what it
// is declared as says how far they go; the right side is one number for each of them.

import type { Equation } from '../parser/tree.ts';
import {
  type Context,
  type Draft,
  isPoison,
  originOf,
  type Place,
  reasons,
  shapeText,
  typeText,
} from './context.ts';
import { bindIndices, rangeOver, tabulateDraft, withIndices } from './indices.ts';
import { isKnownShape, resolveShape } from './shapes.ts';
import { type Size, showSizes } from './size.ts';

/** The value of the one name on the left; undefined where there is a mistake, which is reported. */
export function indexedSide(
  context: Context,
  { targets, value }: Equation,
  written: readonly Size[] | undefined,
  place: Place,
): readonly Draft[] | undefined {
  const [{ name, indices, span }] = targets;
  if (targets.length > 1 || indices === undefined) {
    context.report.add({
      code: 'RNN3103',
      message: 'index notation gives its value to one name',
      span: targets.find((target) => target.indices !== undefined)?.span ?? span,
      help: 'take it apart first, a, b = split(...), and write an equation for each',
    });
    return undefined;
  }
  const bound = bindIndices(context, indices, place, false);
  if (bound === undefined) return undefined;
  const binding = context.scope.get(name.text);
  const declared = binding?.kind === 'state' ? binding.shape : written;
  const list = indices.map(({ text }) => text).join(', ');
  if (declared !== undefined && binding !== undefined) {
    const is = `${name.text} is ${showSizes(declared)}`;
    if (declared.length < bound.length) {
      context.report.add({
        code: 'RNN3103',
        message: `${is}, and ${bound.length} indices stand on the left: ${list}`,
        span,
        related: reasons(span, { span: binding.span, text: `${name.text} is declared here` }),
        help: 'an index names one axis',
      });
      return undefined;
    }
    const fits = bound.every((index, k) => rangeOver(context, index, declared[k], { span, text: is }));
    if (!fits) return undefined;
  }
  const inner = context.infer(value, withIndices(place, bound));
  if (isPoison(inner)) return undefined;
  if (inner.type.element === 'index') {
    context.report.add({
      code: 'RNN3008',
      message: `this would be a category for each ${list}, and only one category has a name`,
      span: inner.span,
      related: reasons(inner.span, inner.because),
      notes: [`it is ${typeText(context, inner.type)}`],
      help: 'write it where it is used, or give each category a number: if ... then 1 else 0',
    });
    return undefined;
  }
  const shape = resolveShape(inner.type.shape, context.unknowns);
  const rest = declared === undefined ? 0 : declared.length - bound.length;
  if (isKnownShape(shape) && shape.length > 0 && shape.length !== rest) {
    const text = shapeText(context, shape);
    const wanted = rest === 0 ? 'one number' : `${rest} ${rest === 1 ? 'axis' : 'axes'} more`;
    context.report.add({
      code: 'RNN3006',
      message: `for each ${list} the right side is ${text}, and ${name.text}[${list}] is ${wanted}`,
      span: inner.span,
      label: `this is ${text}`,
      related: reasons(inner.span, ...originOf(inner)),
      notes: ['a value is a number where each of its axes has an index; an axis without one stays'],
      help: `name the axis with an index, or declare what is meant: ${name.text}[${list}]: [...] = ...`,
    });
    return undefined;
  }
  return [tabulateDraft(context, inner, bound)];
}
