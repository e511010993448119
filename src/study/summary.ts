// What a cell or a model is, for whoever meets it: what goes in with its real shapes, what it remembers, what is learned
// and how much of it, what comes out. Sizes without a number stay symbols, so that no data is needed.
import type { CheckedCell, CheckedStart, CheckedType } from '../check/checked.ts';
import {
  addSizes,
  constantSize,
  multiplySizes,
  type Size,
  type SizeBinding,
  showSize,
  sizeOf,
  substituteSize,
} from '../check/size.ts';

/** An extent: a number, or what is left of it as text (`batch`, `4 * m`). */
export type Extent = number | string;

export interface ValueSummary {
  readonly name: string;
  /** `real`, `index(v)`, `bool`. */
  readonly kind: string;
  /** As arrays have it, batch first: `[batch, time, features]`. */
  readonly shape: readonly Extent[];
  readonly documentation: string | undefined;
}

export interface StateSummary {
  readonly name: string;
  readonly shape: readonly Extent[];
  readonly start: 'zero' | 'declared';
}

export interface ParameterSummary {
  readonly name: string;
  readonly shape: readonly Extent[];
  readonly count: Extent;
  /** How it starts: `glorot`, `zeros`, ... */
  readonly start: CheckedStart['kind'];
  /** It is never trained, and does not count among what is learned. */
  readonly frozen: boolean;
  /** The innermost copy of a cell that it belongs to: `h.stack.1`, an LSTM. Undefined: the program's own. */
  readonly owner: Owner | undefined;
}

export interface Owner {
  readonly instance: string;
  readonly cell: string;
}

export interface Summary {
  readonly kind: 'cell' | 'model';
  readonly name: string;
  readonly documentation: string | undefined;
  /** The sizes of the header, with their numbers where they have one. */
  readonly sizes: readonly { readonly name: string; readonly value: Extent | undefined }[];
  readonly inputs: readonly ValueSummary[];
  readonly targets: readonly ValueSummary[];
  readonly states: readonly StateSummary[];
  readonly parameters: readonly ParameterSummary[];
  /** How many numbers are learned. */
  readonly count: Extent;
  readonly outputs: readonly ValueSummary[];
  /** Whether the loss is taken at each step or once for a sequence; undefined: no loss. */
  readonly loss: 'step' | 'once' | undefined;
  readonly metrics: readonly string[];
  readonly generates: string | undefined;
}

/** Describes a cell. `given` are numbers for sizes of its header; others have their default, or stay symbols. */
export function summarize(cell: CheckedCell, given: ReadonlyMap<string, number>): Summary {
  const binding = bindSizes(cell, given);
  const value = (
    named: { name: string; documentation: string | undefined },
    type: CheckedType,
  ): ValueSummary => ({
    name: named.name,
    kind: kindOf(type, binding),
    shape: [
      'batch',
      ...(type.rate === 'step' ? ['time'] : []),
      ...type.shape.map((size) => extent(substituteSize(size, binding))),
    ],
    documentation: named.documentation,
  });
  const found = partsOf(cell, undefined, binding);
  const counts = found.parameters.map(({ shape }) => shape.reduce(multiplySizes, sizeOf(1)));
  return {
    kind: cell.kind,
    name: cell.name,
    documentation: cell.documentation,
    sizes: cell.sizes.map(({ name }) => ({ name, value: extentOrNothing(binding.get(name)) })),
    inputs: cell.inputs.map((input) => value(input, input.type)),
    targets: cell.targets.map((target) => value(target, target.type)),
    states: found.states.map(({ name, shape, declared }) => ({
      name,
      shape: ['batch', ...shape.map(extent)],
      start: declared ? 'declared' : 'zero',
    })),
    parameters: found.parameters.map(({ name, shape, start, frozen, owner }, i) => ({
      name,
      shape: shape.map(extent),
      count: extent(counts[i]),
      start,
      frozen,
      owner,
    })),
    count: extent(counts.filter((_, i) => !found.parameters[i].frozen).reduce(addSizes, sizeOf(0))),
    outputs: cell.outputs.map((output) => value(output, { ...output.value.type, rate: output.rate })),
    loss: cell.loss?.rate,
    metrics: cell.metrics.map((metric) => metric.name),
    generates: cell.generate?.input,
  };
}

/** Numbers for the sizes that have one: given, or by default. */
function bindSizes(cell: CheckedCell, given: ReadonlyMap<string, number>): SizeBinding {
  const binding = new Map<string, Size>();
  for (const { name, defaultValue } of cell.sizes) {
    const number = given.get(name);
    if (number !== undefined) binding.set(name, sizeOf(number));
    else if (defaultValue !== undefined) binding.set(name, substituteSize(defaultValue, binding));
  }
  return binding;
}

interface Part {
  readonly name: string;
  readonly shape: readonly Size[];
}

interface Parts {
  readonly parameters: readonly (Part & Pick<ParameterSummary, 'start' | 'frozen' | 'owner'>)[];
  readonly states: readonly (Part & { readonly declared: boolean })[];
}

/** The weights and states of a cell and of the instances in it, in the order of the file, with the outermost sizes put in. */
function partsOf(cell: CheckedCell, owner: Owner | undefined, binding: SizeBinding): Parts {
  const prefix = owner === undefined ? '' : `${owner.instance}.`;
  const named = <Own extends Part>(own: Own): Own => ({
    ...own,
    name: prefix + own.name,
    shape: own.shape.map((size) => substituteSize(size, binding)),
  });
  const pieces: { readonly at: number; readonly parts: Parts }[] = [
    ...cell.parameters.map(({ name, shape, start, frozen, position }) => ({
      at: position,
      parts: { parameters: [named({ name, shape, start: start.kind, frozen, owner })], states: [] },
    })),
    ...cell.states.map(({ name, shape, start, span }) => ({
      at: span.start,
      parts: { parameters: [], states: [named({ name, shape, declared: start !== undefined })] },
    })),
    ...cell.instances.map((instance) => {
      const inside = new Map(
        [...instance.sizes].map(([name, size]) => [name, substituteSize(size, binding)]),
      );
      const inner = { instance: prefix + instance.name, cell: instance.cell.name };
      return { at: instance.span.start, parts: partsOf(instance.cell, inner, inside) };
    }),
  ];
  pieces.sort((a, b) => a.at - b.at);
  return {
    parameters: pieces.flatMap(({ parts }) => parts.parameters),
    states: pieces.flatMap(({ parts }) => parts.states),
  };
}

function kindOf({ element, categories }: CheckedType, binding: SizeBinding): string {
  return categories === undefined ? element : `${element}(${showSize(substituteSize(categories, binding))})`;
}

function extentOrNothing(size: Size | undefined): Extent | undefined {
  return size === undefined ? undefined : extent(size);
}

function extent(size: Size): Extent {
  const constant = constantSize(size);
  return constant?.denominator === 1n ? Number(constant.numerator) : showSize(size);
}
