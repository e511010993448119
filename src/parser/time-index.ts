/**
 * Time as an index, as the papers write it: `x[t]`, `h[t - 1]`. An equation speaks of one step here, so it has no such
 * index; what is meant is clear all the same.
 */
import { type Span, spanText } from '../base/source.ts';
import type { Report } from './lex.ts';
import type { Expression, SliceSyntax } from './tree.ts';

/** `x[t]` and `h[t - 1]` of the papers: reported, and read as x and prev h. Undefined for other indices. */
export function withoutTime(
  object: Expression,
  indices: readonly (Expression | SliceSyntax)[],
  span: Span,
  report: Report,
): Expression | undefined {
  const [index] = indices;
  const back =
    index.kind === 'chain' && index.rest.length === 1 && index.rest[0].operator === '-' ? index : undefined;
  const step = back === undefined ? index : back.first;
  if (indices.length !== 1 || step.kind !== 'step-number') return undefined;
  if (object.kind === 'prev' && back === undefined) {
    report({
      code: 'RNN1020',
      message: 'time is not written as an index',
      span,
      notes: ['an equation speaks of one step: every name stands for its value at that step'],
      help: `leave out [t]: ${spanText(object.span)} is the value one step ago`,
      fixes: [{ span, replacement: spanText(object.span), title: 'leave out [t]' }],
    });
    return object;
  }
  if (object.kind !== 'name') return undefined;
  const link = back?.rest[0].operand;
  if (link !== undefined && link.kind !== 'number') return undefined;
  const name = object.text;
  const replacement = back === undefined ? name : `prev ${name}`;
  report({
    code: 'RNN1020',
    message: 'time is not written as an index',
    span,
    notes: ['an equation speaks of one step: every name stands for its value at that step'],
    help:
      link === undefined || link.value === 1
        ? `write ${replacement}`
        : `write delay(${name}, ${link.value}) for its value ${link.value} steps ago`,
    fixes:
      link === undefined || link.value === 1 ? [{ span, replacement, title: `write ${replacement}` }] : [],
  });
  return back === undefined ? object : { kind: 'prev', span, operand: object };
}
