// Cells as they are applied: one copy, stacks, both directions, residuals; with sizes by name, by place, or left out.

import { growComplex, smaller } from './complex.ts';
import { compose, real, slot } from './compose.ts';
import { growIndex } from './condition.ts';
import { type Dim, number, part, type Shape, sameShape, substitute, textOf } from './dims.ts';
import { add, type Interval, interval, isWithin } from './interval.ts';
import { closed, growUnit } from './real.ts';
import type { Output, Place, Scope, Template, Way, Ways } from './scope.ts';
import type { Expression, Part, ValueType } from './tree.ts';

type Sizes = ReadonlyMap<string, Dim>;

/** A copy of a cell: the text before its arguments, and what its sizes are. */
export interface Copy {
  readonly template: Template;
  readonly text: string;
  readonly sizes: Sizes;
  /** Some size follows from its place. */
  readonly isOpen: boolean;
}

/** A type over a cell's sizes as one over those of its user. */
export function typeIn(type: ValueType, sizes: Sizes): ValueType {
  if (type.kind === 'index') return { kind: 'index', categories: substitute(type.categories, sizes) };
  return { kind: type.kind, shape: type.shape.map((dim) => substitute(dim, sizes)) };
}

/** The sizes under which a shape over a cell's is this one; undefined where they are not plain to see. */
function matching(pattern: Shape, shape: Shape): Map<string, Dim> | undefined {
  if (pattern.length !== shape.length) return undefined;
  const sizes = new Map<string, Dim>();
  for (const [axis, dim] of pattern.entries()) {
    const [[name, times], ...others] = dim;
    if (others.length === 0 && times === 1 && name !== '' && !name.includes('*') && !sizes.has(name)) {
      sizes.set(name, shape[axis]);
    }
  }
  return sameShape(
    pattern.map((dim) => substitute(dim, sizes)),
    shape,
  )
    ? sizes
    : undefined;
}

/**
 * A copy where some of its sizes are settled, and others may be anything. All sizes of a named one with states are
 * written: its arguments may come from its own past.
 */
export function copyOf(
  scope: Scope,
  template: Template,
  settled: Sizes,
  open: boolean,
  isNamed = false,
): Copy {
  const { choices } = scope;
  const sizes = new Map(settled);
  const byPlace = choices.oneIn(4);
  const texts: string[] = [];
  let isOpen = false;
  for (const { name, inferred, defaultValue } of template.sizes) {
    const isSettled = sizes.has(name);
    if (!isSettled) {
      const usesDefault = defaultValue !== undefined && !byPlace && choices.oneIn(2);
      sizes.set(name, usesDefault ? number(defaultValue) : scope.dim());
      // Left to its default; but a place that tells a shape would be asked first.
      if (usesDefault && !inferred && !open) continue;
    }
    const text = textOf(sizes.get(name)!);
    if (byPlace) texts.push(text);
    else if (inferred ? isNamed || choices.oneIn(5) : !(isSettled && open && choices.oneIn(2)))
      texts.push(`${name}: ${text}`);
    else if (!inferred) isOpen = true;
  }
  for (const { name, hasDefault } of template.hyperparameters) {
    if (hasDefault && choices.oneIn(2)) break;
    const own = scope.hyperparameters;
    const value = own.length > 0 && choices.oneIn(2) ? choices.of(own) : choices.of(['0.2', '0.5', '0.8']);
    texts.push(
      byPlace && choices.oneIn(2) && texts.every((text) => !text.includes(':')) ? value : `${name}: ${value}`,
    );
  }
  return { template, text: `${template.name}(${texts.join(', ')})`, sizes, isOpen };
}

/** Arguments for a copy; undefined where one of them would have to be there too early, or all are of weights alone. */
function argumentsFor(
  scope: Scope,
  { template, sizes }: Copy,
  place: Place,
  isReverse = false,
): Part[] | undefined {
  const stage = place.stage - (template.stages - 1) - (isReverse ? 1 : 0);
  if (stage < 0) return undefined;
  const named = template.inputs.length > 1 && scope.choices.oneIn(4);
  const inputs = named ? scope.choices.shuffled(template.inputs) : template.inputs;
  let isLively = template.hasState;
  const parts = inputs.flatMap(({ name, type, once }, k): Part[] => {
    const own = typeIn(type, sizes);
    const rate = once && !template.isPointwise ? 'once' : template.isPointwise ? place.rate : 'step';
    const inner = { ...closed(place), rate, stage } as const;
    const grown =
      own.kind === 'index'
        ? growIndex(scope, own.categories, inner)
        : own.kind === 'complex'
          ? smaller(growComplex(scope, own.shape, inner), 1)
          : growUnit(scope, own.shape, inner);
    isLively ||= grown.rate === place.rate;
    return [`${k === 0 ? '' : ', '}${named ? `${name}: ` : ''}`, slot(grown)];
  });
  // What has no state is as constant as its arguments.
  return isLively ? parts : undefined;
}

/** Uses a template somewhere: what that means for the cell that does. */
export function applied(scope: Scope, template: Template): void {
  if (!template.isPointwise) scope.isPointwise = false;
  if (template.hasState) scope.hasState = true;
}

/** The rate of an output where the application stands. */
export function rateOf({ isPointwise }: Template, output: Output, place: Place): 'once' | 'step' {
  return isPointwise ? place.rate : output.rate;
}

/** A cell with one output, used for its value. */
const copy: Way = (scope, shape, place) => {
  if (place.known) return undefined;
  const found = scope.templates.flatMap((template) => {
    const [output] = template.outputs;
    if (template.outputs.length > 1 || output.type.kind !== 'real') return [];
    if (rateOf(template, output, place) !== place.rate) return [];
    const sizes = matching(output.type.shape, shape);
    return sizes === undefined ? [] : [{ template, sizes, output }];
  });
  if (found.length === 0) return undefined;
  const { template, sizes, output } = scope.choices.of(found);
  const made = copyOf(scope, template, sizes, place.open);
  const args = argumentsFor(scope, made, place);
  if (args === undefined) return undefined;
  applied(scope, template);
  return compose(real(shape), 'call', [`${made.text}(`, ...args, ')'], {
    bounds: output.bounds,
    open: made.isOpen,
    rate: place.rate,
    stage: place.stage,
  });
};

/** A cell from a vector at each step to a vector at each step. */
interface Layer {
  readonly template: Template;
  readonly input: string;
  readonly output: string;
  readonly bounds: Interval;
}

function layersOf({ templates }: Scope): Layer[] {
  const symbolOf = (type: ValueType): string | undefined => {
    if (type.kind !== 'real' || type.shape.length !== 1 || type.shape[0].length !== 1) return undefined;
    const [[name, times]] = type.shape[0];
    return times === 1 && name !== '' && !name.includes('*') ? name : undefined;
  };
  return templates.flatMap((template) => {
    if (template.inputs.length > 1 || template.outputs.length > 1) return [];
    const [[input], [output]] = [template.inputs, template.outputs];
    const names = [symbolOf(input.type), symbolOf(output.type)];
    if (names[0] === undefined || names[1] === undefined || input.once || output.rate === 'once') return [];
    return [{ template, input: names[0], output: names[1], bounds: output.bounds }];
  });
}

/** The text of a template of templates, and what goes in and comes out of it. */
interface Built {
  readonly text: string;
  readonly input: Dim;
  readonly bounds: Interval;
}

/** The stage that what goes in has to be known at: each layer may take some, and reading backwards takes one more. */
function stageBefore({ template }: Layer, kind: Kind, { stage }: Place): number {
  const one = template.stages - 1 + (kind.includes('bidirectional') ? 1 : 0);
  return stage - one * (kind.includes('stack(bidirectional)') ? 2 : kind.includes('stack') ? 3 : 1);
}

/** A template whose result is a vector of this size. */
function build(scope: Scope, layer: Layer, kind: Kind, dim: Dim): Built | undefined {
  const { template, input, output, bounds } = layer;
  const half = kind.includes('bidirectional') ? part(dim, 2) : dim;
  if (half === undefined) return undefined;
  const isSame = input === output;
  // A residual and a stack of what keeps its size take what they give; else the first layer takes anything.
  const isAdded = kind.includes('residual') || isHighway(kind);
  const takes = isSame || isAdded ? half : scope.dim();
  if (kind.includes('residual') && kind.includes('bidirectional') && isSame) return undefined;
  const into = kind === 'residual(bidirectional)' ? dim : takes;
  const settled = new Map([
    [input, into],
    [output, half],
  ]);
  const made = copyOf(scope, template, settled, false);
  // Each copy in a stack has an input of its own size: that one must not be written.
  if (kind.includes('stack') && !isSame && made.text.includes(`${input}: `)) return undefined;
  if (kind.includes('stack') && !isSame && !/^\w+\(\w+: /.test(made.text)) return undefined;
  if (kind.includes('stack') && !isWithin(bounds, interval(-1.5, 1.5))) return undefined;
  const summed = isAdded ? add(bounds, interval(-2, 2)) : bounds;
  const wrapper = scope.wrappers[0]?.name ?? '';
  const text = {
    bidirectional: `bidirectional(${made.text})`,
    residual: `residual(${made.text})`,
    stack: `stack(${scope.choices.between(1, 3)}, ${made.text})`,
    'stack(bidirectional)': `stack(2, bidirectional(${made.text}))`,
    'stack(residual)': `stack(2, residual(${made.text}))`,
    'residual(stack)': `residual(stack(2, ${made.text}))`,
    highway: `highway(${made.text})`,
    'stack(highway)': `stack(2, highway(${made.text}, bias: 0))`,
    'highway(wrapper)': `highway(${wrapper}(C: ${made.text}))`,
    wrapper: `${wrapper}(C: ${made.text})`,
    'residual(bidirectional)': `residual(bidirectional(${made.text}))`,
  }[kind];
  return { text, input: into, bounds: summed };
}

const kinds = [
  'bidirectional',
  'residual',
  'stack',
  'stack(bidirectional)',
  'stack(residual)',
  'residual(stack)',
  'residual(bidirectional)',
  'highway',
  'stack(highway)',
  'highway(wrapper)',
  'wrapper',
] as const;
type Kind = (typeof kinds)[number];

/** Those where what goes in comes out, too. */
function isHighway(kind: Kind): boolean {
  return kind.includes('highway') || kind.includes('wrapper');
}

/** A template of a template. */
export const layered: Way = (scope, shape, place) => {
  if (shape.length !== 1 || place.known) return undefined;
  const layers = layersOf(scope).filter(({ template }) => place.rate === 'step' || template.isPointwise);
  if (layers.length === 0) return undefined;
  const layer = scope.choices.of(layers);
  const wrapper = scope.wrappers.find(({ hasState }) => !hasState || place.rate === 'step');
  const possible = kinds.filter(
    (one) => stageBefore(layer, one, place) >= 0 && (wrapper !== undefined || !one.includes('wrapper')),
  );
  if (possible.length === 0) return undefined;
  const kind = scope.choices.of(possible);
  const built = build(scope, layer, kind, shape[0]);
  if (built === undefined) return undefined;
  const stage = stageBefore(layer, kind, place);
  const argument = growUnit(scope, [built.input], { ...closed(place), stage });
  if (argument.rate !== place.rate) return undefined;
  applied(scope, layer.template);
  if (kind.includes('bidirectional')) scope.isPointwise = false;
  if (kind.includes('wrapper') && wrapper?.hasState) {
    scope.isPointwise = false;
    scope.hasState = true;
  }
  return compose(real(shape), 'call', [`${built.text}(`, slot(argument), ')'], {
    bounds: built.bounds,
    rate: place.rate,
    stage: place.stage,
  });
};

export const templateWays: Ways = [
  [4, copy],
  [4, layered],
];

/** An application whose several results get names. */
export function application(scope: Scope, made: Copy, callee: string, place: Place): Expression | undefined {
  const args = argumentsFor(scope, made, place);
  if (args === undefined) return undefined;
  applied(scope, made.template);
  const parts = [`${callee}(`, ...args, ')'];
  return compose(real([]), 'call', parts, { rate: place.rate, stage: place.stage });
}
