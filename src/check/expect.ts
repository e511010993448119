// Whether a value is of the kind that something takes; where it is not, that is reported, with what to do.

import { type Context, type Draft, nameOf, reasons, typeText } from './context.ts';
import { shortText } from './report.ts';

/** Whether the draft is a real number; otherwise says what to do. */
export function expectReal(context: Context, draft: Draft, use: string): boolean {
  const { element } = draft.type;
  if (element === 'real') return true;
  if (element === 'unknown') return false;
  const name = nameOf(draft, 'this value');
  const related = reasons(draft.span, draft.because);
  const user = context.speaker ?? use;
  if (element === 'bool') {
    context.report.add({
      code: 'RNN3007',
      message: `${name} is a condition, and ${user} takes numbers`,
      span: draft.span,
      label: `this is ${typeText(context, draft.type)}`,
      related,
      help: `write (if ${(shortText(draft.span) ?? '...').replace(/^\((.*)\)$/, '$1')} then 1 else 0)`,
    });
  } else if (element === 'complex') {
    const inner = (shortText(draft.span) ?? '...').replace(/^\((.*)\)$/, '$1');
    context.report.add({
      code: 'RNN3201',
      message: `${name} is complex, and ${user} takes real numbers`,
      span: draft.span,
      label: `this is ${typeText(context, draft.type)}`,
      related,
      help: `write re(${inner}), im(${inner}) or abs(${inner})`,
    });
  } else {
    const answer = context.scope.get(name)?.kind === 'target' || name.startsWith('argmax(');
    context.report.add({
      code: 'RNN3008',
      message: `${name} is a category, and ${user} takes numbers`,
      span: draft.span,
      label: `this is ${typeText(context, draft.type)}`,
      related,
      notes: ['a category has no size and no order: it is the number of a row, not an amount'],
      help: answer
        ? 'compare categories by ==, and learn to tell them by cross_entropy(logits, y)'
        : `give each category a vector of its own: Embedding(64)(${shortText(draft.span) ?? '...'})`,
    });
  }
  return false;
}

export function expectBool(context: Context, draft: Draft, use: string): boolean {
  const { element } = draft.type;
  if (element === 'bool') return true;
  if (element === 'unknown') return false;
  const name = nameOf(draft, 'this value');
  context.report.add({
    code: 'RNN3009',
    message: `${name} is ${element === 'index' ? 'a category' : 'a number'}, and ${use} takes a condition`,
    span: draft.span,
    label: `this is ${typeText(context, draft.type)}`,
    related: reasons(draft.span, draft.because),
    help:
      element === 'complex'
        ? `compare its absolute value with something: abs(${shortText(draft.span) ?? '...'}) > 0`
        : `compare it with something: ${shortText(draft.span) ?? '...'} ${element === 'real' ? '> 0' : '== 0'}`,
  });
  return false;
}
