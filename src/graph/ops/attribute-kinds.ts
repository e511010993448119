// What kind of thing each attribute is, in the order in which attributes are written: what print.ts and read.ts go by.

import type { Element } from '../type.ts';
import type { OpAttributes, OpName } from './attributes.ts';

/** The kind of an attribute by its type. */
type KindOf<Value> = Value extends readonly (infer Item)[]
  ? [Item] extends [number]
    ? 'numbers'
    : 'dims'
  : Value extends number
    ? 'number'
    : Value extends Element
      ? 'element'
      : 'text';

/** As KindOf, but an attribute that is a size or a name is one thing, not two. */
type Kind<Value> = [number | string] extends [Value] ? 'dim' : KindOf<Value>;

export type AttributeKind = 'numbers' | 'dims' | 'number' | 'dim' | 'element' | 'text';

/** An attribute of any kind. */
export type AttributeValue = number | string | readonly (number | string)[];

export const ATTRIBUTE_KINDS: {
  readonly [K in OpName]: { readonly [A in keyof OpAttributes[K]]: Kind<OpAttributes[K][A]> };
} = {
  neg: {},
  exp: {},
  log: {},
  log1p: {},
  sqrt: {},
  tanh: {},
  sigmoid: {},
  abs: {},
  sin: {},
  cos: {},
  floor: {},
  not: {},
  stop: {},
  surrogate: {},
  convert: { element: 'element' },
  add: {},
  sub: {},
  mul: {},
  div: {},
  pow: {},
  max: {},
  min: {},
  mod: {},
  lt: {},
  le: {},
  eq: {},
  and: {},
  or: {},
  select: {},
  constant: { element: 'element', shape: 'dims', value: 'number' },
  iota: { extent: 'dim' },
  extent: { extent: 'dim' },
  uniform: { name: 'text', shape: 'dims' },
  broadcast: { shape: 'dims', axes: 'numbers' },
  reshape: { shape: 'dims' },
  transpose: { order: 'numbers' },
  slice: { axis: 'number', start: 'number', size: 'number' },
  concat: { axis: 'number' },
  sum: { axes: 'numbers' },
  max_over: { axes: 'numbers' },
  argmax: { axis: 'number' },
  contract: { left: 'text', right: 'text', out: 'text' },
  gather: {},
  scatter_add: { extent: 'number' },
};
