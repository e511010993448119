// Walks through checked expressions: what stands right inside of one, and whether something of a loop stands anywhere in it.

import type { CheckedExpression } from './checked.ts';

/** The expressions right inside an expression, in the order of the text. */
export function operandsOf(node: CheckedExpression): readonly CheckedExpression[] {
  switch (node.kind) {
    case 'literal':
    case 'size':
    case 'hyperparameter':
    case 'step-number':
    case 'index-number':
    case 'training':
    case 'input':
    case 'parameter':
    case 'equation':
    case 'previous':
    case 'instance-state':
    case 'apply':
    case 'identity':
    case 'loop-value':
    case 'loop-number':
    case 'loop-local':
      return [];
    case 'repeat':
      return [node.start, ...node.locals, node.body];
    case 'chain':
      return [node.first, ...node.rest.map((link) => link.operand)];
    case 'power':
    case 'primitive':
      return node.operands;
    case 'comparison':
      return [node.left, node.right];
    case 'if':
      return [...node.cases.flatMap((c) => [c.condition, c.value]), node.otherwise];
    case 'slice':
    case 'spread':
    case 'tabulate':
    case 'over-index':
    case 'reshape':
    case 'over-time':
    case 'each-step':
    case 'oldest':
      return [node.operand];
    case 'newest':
      return [node.operand, node.past];
    case 'dropout':
      return [node.operand, node.probability];
    case 'access':
      return [node.operand, ...node.places.flatMap((p) => (p.kind === 'category' ? [p.position] : []))];
    case 'noise':
      return node.probability === undefined ? [] : [node.probability];
    case 'affine':
      return node.terms.map((term) => term.argument);
    default:
      return node satisfies never;
  }
}

/** Whether an expression depends on what changes from round to round of one of these loops. */
export function dependsOnLoops(root: CheckedExpression, loops: ReadonlySet<number>): boolean {
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { kind } = node;
    if (kind === 'loop-value' || kind === 'loop-number' || kind === 'loop-local') {
      if (loops.has(node.loop)) return true;
    }
    for (const operand of operandsOf(node)) pending.push(operand);
  }
  return false;
}
