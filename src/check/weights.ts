// How declared weights start: `param W: [m, n] ~ orthogonal`, `param b: [m] = 1`. Unsaid, a matrix starts
// Glorot-uniform by its fans, a vector or a scalar at zero.

import { makeSpan } from '../base/source.ts';
import type { ParamItem } from '../parser/tree.ts';
import type { CheckedStart } from './checked.ts';
import { type Part, partName, partsOf } from './complex.ts';
import type { Context } from './context.ts';
import { placeOf } from './equations.ts';
import { shortText } from './report.ts';
import { multiplySizes, type Size, sizeOf } from './size.ts';
import { isDistribution, product, readNumber, readStart, type WrittenStart } from './starts.ts';

/** Enters the weights of a declaration. */
export function checkWeights(context: Context, item: ParamItem): void {
  const written = startOf(context, item);
  for (const name of item.names) {
    const binding = context.scope.get(name.text);
    if (binding?.kind !== 'parameter' || binding.span !== name.span || binding.shape === undefined) continue;
    const { shape, element } = binding;
    // Fans of a declared [m, n] are n and m, of a vector [n] n and 1.
    const fanIn = product(shape.length < 2 ? shape : shape.slice(1));
    const fanOut = product(shape.length < 2 ? [] : shape.slice(0, 1));
    const usual: CheckedStart = shape.length < 2 ? { kind: 'zeros' } : { kind: 'glorot', fanIn, fanOut };
    if (written?.late === false) written.check(shape, name.text, item.type.span);
    if (element === 'complex' && written !== undefined) fitsComplex(context, item, name.text, written);
    for (const part of partsOf(element)) {
      context.parameters.push({
        name: partName(name.text, part),
        span: name.span,
        position: name.span.start,
        documentation: item.documentation,
        frozen: item.frozen,
        shapes: [shape],
        start: () => startOfPart(written === undefined ? usual : written.start(fanIn, fanOut), part),
        check: written?.late === true && part !== 'im' ? written.check : undefined,
      });
    }
  }
}

/**
 * How a part of a complex weight starts. Drawn ones are drawn each by itself; by the fans each has half of the variance,
 * so that the two have it together. One number, and the identity, are real.
 */
function startOfPart(start: CheckedStart, part: Part): CheckedStart {
  if (part === undefined) return start;
  const twice = (size: Size): Size => multiplySizes(sizeOf(2), size);
  switch (start.kind) {
    case 'glorot':
      return { ...start, fanIn: twice(start.fanIn), fanOut: twice(start.fanOut) };
    case 'he':
    case 'lecun':
      return { ...start, fanIn: twice(start.fanIn) };
    case 'copy':
      return { ...start, of: partName(start.of, part) };
    case 'value':
    case 'identity':
      return part === 'im' ? { kind: 'zeros' } : start;
    default:
      return start;
  }
}

/** Starts of which two real ones make no complex one of their kind. */
const realStarts: ReadonlySet<CheckedStart['kind']> = new Set([
  'orthogonal',
  'log_uniform',
  'chrono',
  'spectral',
  'hippo',
  'range',
  'formula',
  'legendre',
]);

function fitsComplex(context: Context, item: ParamItem, name: string, written: WrittenStart): void {
  const { kind } = written.start(sizeOf(1), sizeOf(1));
  if (!realStarts.has(kind)) return;
  context.report.add({
    code: 'RNN5010',
    message: `${kind === 'formula' ? 'a formula' : kind} is for real weights, and ${name} is complex`,
    span: item.start?.value.span ?? item.span,
    related: [{ span: item.type.span, text: `${name} is declared complex here` }],
    help: 'write normal(0.1), which draws both parts, or make it of real weights: complex(a, b)',
  });
}

function startOf(context: Context, item: ParamItem): WrittenStart | undefined {
  if (item.start === undefined) return undefined;
  const { kind, value } = item.start;
  const what = `the start of ${item.names.map((name) => name.text).join(', ')}`;
  const place = placeOf(context, item.names[0]?.text ?? '');
  if (kind === 'distribution') return readStart(context, value, place);
  const called = value.kind === 'call' ? value.callee : value;
  if (called.kind === 'name' && isDistribution(called.text) && !context.scope.has(called.text)) {
    const sign = makeSpan(value.span.source, item.type.span.end, value.span.start);
    context.report.add({
      code: 'RNN2017',
      message: `${called.text} is a distribution, and stands after ~`,
      span: value.span,
      notes: ['after = stands one number for all its entries; ~ draws each of them'],
      help: `write ~ ${shortText(value.span) ?? called.text}`,
      fixes: [{ span: sign, replacement: ' ~ ', title: 'write ~ for =' }],
    });
    return undefined;
  }
  return readNumber(context, value, place, what);
}
