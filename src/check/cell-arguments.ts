// A cell as an argument of a cell: `cell Highway(n, C: cell = GRU(m: n))`, used as `Highway(C: LSTM(m: 8))(x)`. Equations
// can be proved with an actual cell only, so a cell with cells in its header is checked anew for each template that is
// given for them. The sizes that the template brings are no numbers inside: they are unknown there, and called `C.m`. What
// the equations make of them (`g * C()(x) + (1 - g) * x` makes C.m equal to n) is asked of the use; what they leave
// open is a size of the header like any other.

import type { Span } from '../base/source.ts';
import type { BlockDeclaration, Parameter } from '../parser/tree.ts';
import type { CheckedCell } from './checked.ts';
import {
  type CellTemplate,
  type Context,
  type DenseTemplate,
  type Draft,
  draftReal,
  makeDraft,
  nodeBase,
  type Template,
} from './context.ts';
import type { Size } from './size.ts';

/** The parameters of a header that stand for cells. */
export function cellParametersOf(declaration: BlockDeclaration): readonly Parameter[] {
  return declaration.parameters.filter(({ type }) => type !== undefined && isCellType(type));
}

export function isCellType(type: NonNullable<Parameter['type']>): boolean {
  return !type.once && type.value.kind === 'named' && type.value.name.text === 'cell';
}

/** Whether a cell can only be checked with what a use gives it. */
export function needsCells(declaration: BlockDeclaration): boolean {
  return cellParametersOf(declaration).some(({ defaultValue }) => defaultValue === undefined);
}

/** What all copies that a template makes are copies of. */
function leafOf(template: Template): CellTemplate | DenseTemplate {
  return 'inner' in template ? leafOf(template.inner) : template;
}

/** The sizes that come with a template, by name. */
export function sizesOf(template: Template): ReadonlyMap<string, Size> {
  const leaf = leafOf(template);
  if (leaf.kind === 'cell') return leaf.sizes;
  return leaf.size === undefined ? new Map() : new Map([['k', leaf.size]]);
}

/** The hyperparameters that come with a template, by name. */
export function numbersOf(template: Template): ReadonlyMap<string, Draft> {
  const leaf = leafOf(template);
  return leaf.kind === 'cell' ? leaf.hyperparameters : new Map();
}

/** The same for templates that say the same to the equations of a cell: their sizes are left out, not which are given. */
export function keyOf(template: Template, numberOf: (cell: CheckedCell) => number): string {
  switch (template.kind) {
    case 'cell': {
      const given = [...template.sizes.keys(), ...template.hyperparameters.keys()].sort();
      return `${numberOf(template.cell)}(${given.join(',')})`;
    }
    case 'dense':
      return template.size === undefined ? 'Dense' : 'Dense(k)';
    case 'stack':
      return `stack(${template.count},${keyOf(template.inner, numberOf)})`;
    case 'bidirectional':
    case 'residual':
      return `${template.kind}(${keyOf(template.inner, numberOf)})`;
    case 'argument':
      return keyOf(template.inner, numberOf);
    default:
      return template satisfies never;
  }
}

/** The template that is given for `name`, as the equations of the cell see it that is checked. */
export function openArgument(context: Context, name: string, span: Span, template: Template): Template {
  switch (template.kind) {
    case 'cell': {
      const sizes = new Map([...template.sizes.keys()].map((size) => [size, givenSize(context, name, size)]));
      const hyperparameters = new Map(
        [...template.hyperparameters.keys()].map((number) => {
          const full = `${name}.${number}`;
          context.givenNumbers.push({ name: full, span });
          const type = draftReal([], 'constant');
          const finish = () =>
            ({ kind: 'hyperparameter', name: full, ...nodeBase(context, span, type) }) as const;
          return [number, makeDraft(span, type, finish, { atomic: true })] as const;
        }),
      );
      return { ...template, sizes, hyperparameters };
    }
    case 'dense':
      return template.size === undefined ? template : { ...template, size: givenSize(context, name, 'k') };
    case 'stack':
    case 'bidirectional':
    case 'residual':
      return { ...template, inner: openArgument(context, name, span, template.inner) };
    case 'argument':
      return openArgument(context, name, span, template.inner);
    default:
      return template satisfies never;
  }
}

function givenSize(context: Context, cell: string, size: string): Size {
  const unknown = context.unknowns.fresh();
  context.givenSizes.push({ name: `${cell}.${size}`, size: unknown, cell });
  return unknown;
}
