// Functions of a module written by the names of their parameters, and the loop that they all have.

import type { Code, FunctionId, Local } from './code.ts';
import type { ModuleBuilder } from './module.ts';

/** The function `name` with int32 parameters: made when first asked for. */
export function namedFunction(
  module: ModuleBuilder,
  name: string,
  parameters: readonly string[],
  write: (code: Code, parameters: Record<string, Local>) => void,
): FunctionId {
  return module.shared(name, () => {
    const code = module.code(parameters.map(() => 'i32' as const));
    write(code, Object.fromEntries(parameters.map((parameter, i) => [parameter, code.parameter(i)])));
    return code;
  });
}

/** Repeats `body` for i = 0, step, 2 * step, ... below `end`. */
export function count(code: Code, end: Local, step: number, body: (i: Local) => void): void {
  const i = code.int(0).keep('i32');
  code.while(
    () => code.get(i, end).op('i32.lt_s'),
    () => {
      body(i);
      code.advance(i, { bytes: step });
    },
  );
}

/** The smaller of `limit` and `total - done`. */
export function atMost(code: Code, limit: number, total: Local, done: Local): Local {
  const rest = code.get(total, done).op('i32.sub').keep('i32');
  return code.get(rest).int(limit).get(rest).int(limit).op('i32.lt_s', 'select').keep('i32');
}
