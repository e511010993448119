// The sizes of a header that say how often something is done: the counts of `repeat`, in a cell and in all that it uses.
// Where such a size has another number, the program has other operations.

import { type CheckedCell, type CheckedExpression, operandsOf } from './checked.ts';
import { symbolsOf } from './size.ts';

export function countedSizes(cell: CheckedCell): ReadonlySet<string> {
  const found = new Set<string>();
  const pending: CheckedExpression[] = [
    ...cell.equations.map(({ value }) => value),
    ...cell.applications.flatMap((application) => application.arguments),
    ...cell.states.flatMap(({ start }) => (start === undefined ? [] : [start])),
  ];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === 'repeat') for (const symbol of symbolsOf(node.count)) found.add(symbol);
    pending.push(...operandsOf(node));
  }
  for (const { cell: inner, sizes } of cell.instances) {
    for (const size of countedSizes(inner)) {
      const given = sizes.get(size);
      for (const symbol of given === undefined ? [] : symbolsOf(given)) found.add(symbol);
    }
  }
  return found;
}
