// The table of tangents: forward mode. For y = f(a, b, c) and da, db, dc, which say how the operands move, each row
// gives dy, how the result moves: dy = da * df/da + db * df/db + dc * df/dc. What has no derivative says why.
//
// It is there to check the table of derivatives (rules.ts), and is not made from it. What both must settle alike are slopes
// at kinks: abs'(0) = 0, max and min move with the first of equals, max_over with the first in row-major order.

import type { OpName } from '../graph/ops/attributes.ts';
import type { Tangent, TangentSite } from './tangent-site.ts';

type TangentRule<K extends OpName> = ((at: TangentSite<K>) => Tangent) | { readonly why: string };

export type TangentTable = { readonly [K in OpName]: TangentRule<K> };

const steps = { why: 'it is constant between its steps, and does not move with its operand' };
const condition = { why: 'a condition is true or false, and does not move' };
const position = { why: 'a position is a whole number, and does not move' };
const source = { why: 'it has no operand to move with' };

// biome-ignore format: a table, one row per line as far as it goes
export const tangentRules: TangentTable = {
  // y = -a                        dy = -da
  neg: ({ da, neg }) => neg(da),
  // y = e^a                       dy = da y
  exp: ({ y, da, times }) => times(da, y),
  // y = log a                     dy = da / a
  log: ({ a, da, over }) => over(da, a),
  // y = log (1 + a)               dy = da / (1 + a)
  log1p: ({ a, da, over, add, number }) => over(da, add(a, number(1))),
  // y = sqrt a                    dy = da / 2y
  sqrt: ({ y, da, over, mul, number }) => over(da, mul(number(2), y)),
  // y = tanh a                    dy = da (1 - y) (1 + y)
  tanh: ({ y, da, times, add, sub, mul, number }) => times(da, mul(sub(number(1), y), add(number(1), y))),
  // y = sigmoid a                 dy = da (1 - y) y
  sigmoid: ({ y, da, times, sub, mul, number }) => times(da, mul(sub(number(1), y), y)),
  // y = |a|                       dy = da, -da or 0 as a is above, below or 0
  abs: ({ a, da, neg, choose, lt, number }) => choose(lt(number(0), a), da, choose(lt(a, number(0)), neg(da), undefined)),
  // y = sin a                     dy = da cos a
  sin: ({ a, da, times, cos }) => times(da, cos(a)),
  // y = cos a                     dy = -da sin a
  cos: ({ a, da, neg, times, sin }) => neg(times(da, sin(a))),
  floor: steps,
  not: condition,
  stop: { why: 'it is there to let no derivative through' },
  convert: { why: 'of the two elements one is not real' },

  // y = a + b                     dy = da + db
  add: ({ da, db, plus }) => plus(da, db),
  // y = a - b                     dy = da - db
  sub: ({ da, db, minus }) => minus(da, db),
  // y = a b                       dy = da b + db a
  mul: ({ a, b, da, db, plus, times }) => plus(times(da, b), times(db, a)),
  // y = a / b                     dy = da / b - db y / b
  div: ({ b, y, da, db, minus, over, steep, div }) => minus(over(da, b), steep(db, () => div(y, b))),
  // y = a^b                       dy = da b a^(b-1) + db a^b log a
  // a^0 is 1 everywhere, and does not move with a: not even at 0, where b a^(b-1) is 0 times infinity. Nor does 0^b with b.
  pow: ({ a, b, y, da, db, plus, choose, steep, and, eq, log, mul, pow, sub, number }) =>
    plus(
      choose(() => and(eq(a, number(0)), eq(b, number(0))), undefined, steep(da, () => mul(b, pow(a, sub(b, number(1)))))),
      choose(() => eq(a, number(0)), undefined, steep(db, () => mul(y, log(a)))),
    ),
  // y = max(a, b)                 dy = db where a < b, else da
  max: ({ a, b, da, db, choose, lt }) => choose(lt(a, b), db, da),
  // y = min(a, b)                 dy = db where b < a, else da
  min: ({ a, b, da, db, choose, lt }) => choose(lt(b, a), db, da),
  // y = a - b floor(a / b)        dy = da - db floor(a / b)
  mod: ({ a, b, da, db, minus, times, floor, div }) => minus(da, times(db, () => floor(div(a, b)))),
  lt: condition,
  le: condition,
  eq: condition,
  and: condition,
  or: condition,

  // y = b where a, else c         dy = db where a, else dc
  select: ({ a, db, dc, choose }) => choose(a, db, dc),
  // y = c, with the slope b by a  dy = da b
  surrogate: ({ b, da, times }) => times(da, b),

  constant: source,
  iota: source,
  extent: source,
  uniform: { why: 'a seed is a name of a sequence of numbers, and a step is counted' },

  // Linear in a: dy is the same of da.
  broadcast: ({ da, same }) => same(da),
  reshape: ({ da, same }) => same(da),
  transpose: ({ da, same }) => same(da),
  slice: ({ da, same }) => same(da),
  sum: ({ da, same }) => same(da),
  // y = a, b, ... joined          dy = da, db, ... joined
  concat: ({ tangents, same }) => same(...tangents),

  // y = max a                     dy = da at the first of the largest
  max_over: ({ a, da, attributes, atFirstLargest }) => atFirstLargest(a, da, attributes.axes),
  argmax: position,

  // y = a b summed                dy = da b summed + a db summed
  contract: ({ a, b, da, db, plus, same }) => plus(same(da, b), same(a, db)),

  // y[i] = a[b[i]]                dy[i] = da[b[i]]
  gather: ({ b, da, same }) => same(da, b),
  // y[k] = sum of b[i] over the i with a[i] = k                 dy[k] = sum of db[i] over the same
  scatter_add: ({ a, db, same }) => same(a, db),
};
