// The scalar functions on four numbers at once: a total table. A real is a float32, an index an int32, a bool a mask of
// 32 bits.

import type { Element } from '../../graph/type.ts';
import type { ScalarFunction } from '../../loops/program.ts';
import type { Code, FunctionId, Instruction, Local } from './code.ts';
import { type EmitFunction, emitExp, emitLog, emitLog1p, emitSigmoid, emitTanh } from './math.ts';
import { emitCos, emitMod, emitPow, emitSin } from './math-double.ts';
import type { ModuleBuilder } from './module.ts';

/** An operand of a scalar function: puts itself on the stack. */
export interface Operand {
  readonly element: Element;
  readonly push: () => void;
  /** Its number, where it is known. */
  readonly value: number | undefined;
}

/** Leaves the result on the stack; `element` is the result's. */
type EmitScalar = (module: ModuleBuilder, code: Code, operands: readonly Operand[], element: Element) => void;

/** Operands in their order, then one instruction; on indices another one. */
function instruction(onReals: Instruction, onIndices: Instruction = onReals): EmitScalar {
  return (_, code, operands) => {
    for (const operand of operands) operand.push();
    code.op(operands[0].element === 'real' ? onReals : onIndices);
  };
}

const FUNCTIONS = {
  exp: emitExp,
  log: emitLog,
  log1p: emitLog1p,
  tanh: emitTanh,
  sigmoid: emitSigmoid,
  sin: emitSin,
  cos: emitCos,
  pow: emitPow,
  mod: emitMod,
} satisfies { readonly [K in ScalarFunction]?: EmitFunction };

/** A function of two vectors that the module has once. */
function mathFunction(module: ModuleBuilder, name: keyof typeof FUNCTIONS): FunctionId {
  return module.shared(name, () => {
    const code = module.code(['v128', 'v128'], ['v128']);
    FUNCTIONS[name](code, code.parameter(0), code.parameter(1));
    return code;
  });
}

/** Those worth repeating in every sweep: a call would save and restore all that a sweep has in registers. */
const INLINE: ReadonlySet<keyof typeof FUNCTIONS> = new Set(['exp', 'tanh', 'sigmoid'] as const);

function math(name: keyof typeof FUNCTIONS): EmitScalar {
  return (module, code, [x, y = x]) => {
    x.push();
    if (INLINE.has(name)) {
      const local: Local = code.keep('v128');
      FUNCTIONS[name](code, local, local);
      return;
    }
    y.push();
    code.call(mathFunction(module, name));
  };
}

const power: EmitScalar = (module, code, operands, element) => {
  const [x, y] = operands;
  if (y.value === 2) {
    x.push();
    x.push();
    code.op('f32x4.mul');
  } else math('pow')(module, code, operands, element);
};

const convert: EmitScalar = (_, code, [x], element) => {
  x.push();
  const way = `${x.element} to ${element}` as const;
  switch (way) {
    case 'real to real':
    case 'index to index':
    case 'bool to bool':
      return;
    case 'real to index':
      code.op('f32x4.floor', 'i32x4.trunc_sat_f32x4_s');
      return;
    case 'real to bool':
      code.floats(0).op('f32x4.ne');
      return;
    case 'index to real':
      code.op('f32x4.convert_i32x4_s');
      return;
    case 'index to bool':
      code.ints(0).op('i32x4.ne');
      return;
    case 'bool to real':
      code.floats(1).op('v128.and');
      return;
    case 'bool to index':
      code.ints(1).op('v128.and');
      return;
    default:
      way satisfies never;
  }
};

export const SCALARS = {
  neg: instruction('f32x4.neg'),
  exp: math('exp'),
  log: math('log'),
  log1p: math('log1p'),
  sqrt: instruction('f32x4.sqrt'),
  tanh: math('tanh'),
  sigmoid: math('sigmoid'),
  abs: instruction('f32x4.abs'),
  sin: math('sin'),
  cos: math('cos'),
  floor: instruction('f32x4.floor'),
  not: instruction('v128.not', 'v128.not'),
  convert,
  add: instruction('f32x4.add', 'i32x4.add'),
  sub: instruction('f32x4.sub', 'i32x4.sub'),
  mul: instruction('f32x4.mul', 'i32x4.mul'),
  div: instruction('f32x4.div'),
  pow: power,
  max: instruction('f32x4.max', 'i32x4.max_s'),
  min: instruction('f32x4.min', 'i32x4.min_s'),
  mod: math('mod'),
  lt: instruction('f32x4.lt', 'i32x4.lt_s'),
  le: instruction('f32x4.le', 'i32x4.le_s'),
  eq: instruction('f32x4.eq', 'i32x4.eq'),
  and: instruction('v128.and'),
  or: instruction('v128.or'),
  select: (_, code, [condition, x, y]) => {
    x.push();
    y.push();
    condition.push();
    code.op('v128.bitselect');
  },
} satisfies { readonly [K in ScalarFunction]: EmitScalar };
