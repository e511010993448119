// Which equation has the kink or the jump that a difference reaches over: the program is evaluated below, at and above the
// place, and the first call whose result bends or jumps between is it.
//
// It is a likely culprit, and told as such: a bend is told from a curve by its size, and one that changes nothing in the
// end (of the largest that a softmax subtracts) stands before others.

import type { OnCall } from '../graph/evaluate.ts';
import type { CallNode, Origin } from '../graph/graph.ts';
import type { OpName } from '../graph/ops/attributes.ts';
import { STEP } from './central-differences.ts';

/** As far as a difference reaches. */
const REACH = 4 * STEP;
/** A curve bends less between the three places, by far: like the reach times its second derivative. */
const BEND = 0.05;

const bending: ReadonlySet<OpName> = new Set<OpName>(['abs', 'max', 'min', 'max_over', 'mod']);
const jumping: ReadonlySet<OpName> = new Set<OpName>(['floor', 'lt', 'le', 'eq', 'argmax']);

/** Undefined where nothing is seen. `evaluateAt` evaluates the program with something moved by so much. */
export function findKink(evaluateAt: (by: number, onCall: OnCall) => void): Origin {
  const [below, here, above] = [-REACH, 0, REACH].map((by) => {
    const calls: { readonly node: CallNode; readonly data: ArrayLike<number> }[] = [];
    evaluateAt(by, (node, value) => {
      if (bending.has(node.op) || jumping.has(node.op)) calls.push({ node, data: value.data });
      return value;
    });
    return calls;
  });
  const first = here.findIndex(({ node: { op, origin }, data }, k) => {
    if (origin === undefined) return false;
    return Array.from(data).some((value, i) => {
      const [back, forth] = [value - below[k].data[i], above[k].data[i] - value];
      if (jumping.has(op)) return back !== 0 || forth !== 0;
      return Math.abs(forth - back) > BEND * (Math.abs(forth) + Math.abs(back));
    });
  });
  return here[first]?.node.origin;
}
