// Weights of a named instance, read by name: `emb.W`, `top.low.i.W_x`, `out.b`. The same weight as in the instance, so
// what learns from both of its uses is one.

import type { Label } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { CheckedCell } from './checked.ts';
import { declaredOf, inParts, partName } from './complex.ts';
import { type Context, type Draft, declaredType } from './context.ts';
import { isKnownShape, resolveShape } from './shapes.ts';
import { type Size, type SizeBinding, showSizes, substituteSize } from './size.ts';

interface Weight {
  readonly shape: readonly Size[];
  readonly element: 'real' | 'complex';
  readonly label: Label;
}

/** The weight that a path into an instance names; undefined where there is none, or it has no shape yet. */
export function weightDraft(context: Context, path: readonly string[], span: Span): Draft | undefined {
  const name = path.join('.');
  const found = ofInstance(context, name) ?? ofDense(context, name);
  if (found === undefined) return undefined;
  const type = declaredType(found.element, found.shape, 'constant');
  return inParts(context, span, type, { because: found.label, atomic: true }, (part, base) => ({
    kind: 'parameter',
    name: partName(name, part),
    ...base,
  }));
}

/** Whether a path names a weight of an instance, and nothing that its application gives. */
export function isWeight(context: Context, path: readonly string[]): boolean {
  const name = path.join('.');
  if (ofInstance(context, name) === undefined) return false;
  return !context.instances.some(
    ({ name: own, cell }) =>
      declaredOf(cell.outputs).some((output) => `${own}.${output.name}` === name) ||
      declaredOf(cell.states).some((state) => `${own}.${state.name}` === name),
  );
}

/** The weights of an instance and of what it is made of, by their names behind it. */
export function weightsOf(context: Context, instance: string): readonly string[] {
  const inside = context.instances.flatMap(({ name, cell }) =>
    `${name}.`.startsWith(`${instance}.`) ? namesIn(cell).map((weight) => `${name}.${weight}`) : [],
  );
  const own = context.parameters.map(({ name }) => name).filter((name) => name.startsWith(`${instance}.`));
  return [...inside, ...own].map((name) => name.slice(instance.length + 1));
}

function namesIn(cell: CheckedCell): readonly string[] {
  return [
    ...declaredOf(cell.parameters).map(({ name }) => name),
    ...cell.instances.flatMap(({ name, cell: inner }) => namesIn(inner).map((weight) => `${name}.${weight}`)),
  ];
}

function ofInstance(context: Context, path: string): Weight | undefined {
  for (const { name, cell, sizes } of context.instances) {
    if (!path.startsWith(`${name}.`)) continue;
    const found = inCell(cell, path.slice(name.length + 1), sizes);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inCell(cell: CheckedCell, path: string, sizes: SizeBinding): Weight | undefined {
  const own = declaredOf(cell.parameters).find(({ name }) => name === path);
  if (own !== undefined) {
    const { entry, complex } = own;
    const shape = entry.shape.map((size) => substituteSize(size, sizes));
    const element = complex ? 'complex' : 'real';
    return { shape, element, label: { span: entry.span, text: `${path} is a weight of ${cell.name}` } };
  }
  for (const { name, cell: inner, sizes: given } of cell.instances) {
    if (!path.startsWith(`${name}.`)) continue;
    const inside = new Map([...given].map(([word, size]) => [word, substituteSize(size, sizes)]));
    const found = inCell(inner, path.slice(name.length + 1), inside);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a Dense: its weights are the cell's own, once it is applied. */
function ofDense(context: Context, path: string): Weight | undefined {
  const parameter = context.parameters.find(({ name }) => name === path);
  if (parameter === undefined) return undefined;
  const parts = parameter.shapes.map((part) => resolveShape(part, context.unknowns));
  if (!parts.every(isKnownShape)) return undefined;
  const shape = parts.flat();
  return { shape, element: 'real', label: { span: parameter.span, text: `${path} is ${showSizes(shape)}` } };
}
