// States without an equation. Where an equation of nearly that name has no state, one of the two names is a slip.

import { suggest } from '../base/suggest.ts';
import type { Context } from './context.ts';

/** Reports each state that no equation defines. To be called when all names are entered and before any is looked up. */
export function reportUndefinedStates(context: Context): void {
  if (context.nameless) return;
  const equations = [...context.scope].filter(([, binding]) => binding.kind === 'equation');
  for (const [name, binding] of context.scope) {
    if (binding.kind !== 'state' || binding.equation !== undefined || binding.unread) continue;
    const words = equations.map(([other]) => other);
    // As papers and other programs call the value of this step.
    const renamed = words.find((other) => renamings(name).includes(other));
    const near = renamed ?? suggest(name, words);
    const other = near === undefined ? undefined : context.scope.get(near);
    // `prev` of that equation is the same mistake.
    if (near !== undefined) context.toldPast.add(near);
    context.report.add({
      code: 'RNN2009',
      message: `the state ${name} is never defined`,
      span: binding.span,
      related:
        other === undefined ? [] : [{ span: other.span, text: `${near} has an equation, and no state` }],
      notes: ['a state is given a value at each step, by one equation'],
      help:
        renamed !== undefined
          ? `write ${name} = ... for ${renamed} = ...: its value at this step is ${name}, the one before is prev ${name}`
          : near === undefined
            ? `write ${name} = ...`
            : `did you mean ${near}?`,
      fixes:
        near === undefined || renamed !== undefined
          ? []
          : [{ span: binding.span, replacement: near, title: `write ${near}` }],
    });
  }
}

function renamings(name: string): readonly string[] {
  return [`${name}_t`, `${name}_new`, `${name}_next`, `new_${name}`, `next_${name}`];
}
