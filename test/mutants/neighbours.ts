// What is taken for what: each operator, operation and instruction has a neighbour for which somebody may have written it.

/** Of `switch.ts`: the function of each operator, and what it is taken for. */
export const OPERATORS: Readonly<Record<string, readonly [string, string]>> = {
  '<': ['less', '<='],
  '<=': ['atMost', '<'],
  '>': ['more', '>='],
  '>=': ['atLeast', '>'],
  '+': ['plus', '-'],
  '-': ['minus', '+'],
  '*': ['times', '+'],
  '/': ['over', '*'],
  '%': ['modulo', '*'],
  '**': ['power', '*'],
  '<<': ['shiftLeft', '>>'],
  '>>': ['shiftRight', '<<'],
  '>>>': ['shiftUnsigned', '>>'],
  '&': ['bitAnd', '|'],
  '|': ['bitOr', '&'],
  '^': ['bitXor', '|'],
};

/** Functions of `Math`. */
export const MATH: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
};

/** Operations of a graph with the same operands. */
const OPERATIONS: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'add',
  div: 'mul',
  max: 'min',
  min: 'max',
  lt: 'le',
  le: 'lt',
  eq: 'le',
  and: 'or',
  or: 'and',
  neg: 'abs',
  abs: 'neg',
};

/** Endings of instructions, and what they are taken for. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['.add', '.sub'],
  ['.sub', '.add'],
  ['.mul', '.add'],
  ['.div', '.mul'],
  ['.min', '.max'],
  ['.max', '.min'],
  ['.min_s', '.max_s'],
  ['.max_s', '.min_s'],
  ['.lt', '.le'],
  ['.le', '.lt'],
  ['.gt', '.ge'],
  ['.gt', '.lt'],
  ['.ge', '.gt'],
  ['.eq', '.ne'],
  ['.ne', '.eq'],
  ['.eqz', '.eq'],
  ['.lt_s', '.lt_u'],
  ['.lt_s', '.gt_s'],
  ['.lt_s', '.le_s'],
  ['.lt_u', '.lt_s'],
  ['.le_s', '.lt_s'],
  ['.ge_s', '.ge_u'],
  ['.ge_s', '.gt_s'],
  ['.ge_u', '.ge_s'],
  ['.gt_s', '.ge_s'],
  ['.and', '.or'],
  ['.or', '.and'],
  ['.xor', '.or'],
  ['.andnot', '.and'],
  ['.not', '.neg'],
  ['.shl', '.shr_u'],
  ['.shr_u', '.shr_s'],
  ['.shr_s', '.shr_u'],
  ['.floor', '.nearest'],
  ['.nearest', '.floor'],
  ['.neg', '.abs'],
  ['.abs', '.neg'],
  ['.sqrt', '.abs'],
  ['.load32_lane', '.store32_lane'],
];

/** What a name of an operation or, in a code generator, of an instruction is taken for; the names in `instructions` only. */
export function instructionsLike(
  name: string,
  { file, instructions }: { readonly file: string; readonly instructions: ReadonlySet<string> },
): readonly string[] {
  if (!file.includes('codegen')) return name in OPERATIONS ? [OPERATIONS[name]] : [];
  return ENDINGS.flatMap(([from, to]) => {
    const other = name.endsWith(from) ? name.slice(0, -from.length) + to : '';
    return instructions.has(name) && instructions.has(other) ? [other] : [];
  });
}
