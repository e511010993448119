// How a weight starts, once sizes and hyperparameters are numbers.

import type { Span } from '../../base/source.ts';
import type { CheckedExpression, CheckedStart } from '../checked.ts';
import type { ProgramStart } from '../program.ts';
import { numberFrom, numberOf, refuseNumber } from './express.ts';
import { type Opened, sizeNumber } from './opened.ts';

/** The start of a weight of an opened cell. Throws an ElaborationProblem where a number is out of its range. */
export function startOf(start: CheckedStart, opened: Opened, span: Span): ProgramStart {
  switch (start.kind) {
    case 'glorot':
      return {
        kind: 'glorot',
        fanIn: sizeNumber(start.fanIn, opened, span),
        fanOut: sizeNumber(start.fanOut, opened, span),
      };
    case 'he':
    case 'lecun': {
      // He et al. 2015 for rectified values, LeCun et al. 1998 for others: the variance of what comes out is kept.
      const variance = (start.kind === 'he' ? 2 : 1) / sizeNumber(start.fanIn, opened, span);
      return { kind: 'normal', deviation: Math.sqrt(variance) };
    }
    case 'normal': {
      const { density } = start;
      return {
        kind: 'normal',
        deviation: numberFrom(0, start.deviation, opened),
        density: share(density, opened),
      };
    }
    case 'uniform': {
      const low = numberOf(start.low, opened);
      const high = numberFrom(low, start.high, opened);
      return { kind: 'uniform', low, high, density: share(start.density, opened) };
    }
    case 'log_uniform': {
      const low = above(0, start.low, opened);
      return { kind: 'log_uniform', low, high: numberFrom(low, start.high, opened) };
    }
    case 'chrono':
      return { kind: 'chrono', longest: numberFrom(2, start.longest, opened) };
    case 'spectral': {
      const radius = numberFrom(0, start.radius, opened);
      return { kind: 'spectral', radius, density: share(start.density, opened) };
    }
    case 'legendre':
      return { kind: 'legendre', window: above(0, start.window, opened) };
    case 'copy':
      return { ...start, of: opened.prefix + start.of };
    case 'value':
      return { kind: 'value', value: numberOf(start.value, opened) };
    default:
      return start;
  }
}

function above(limit: number, expression: CheckedExpression, opened: Opened): number {
  const value = numberOf(expression, opened);
  if (value > limit) return value;
  return refuseNumber(value, `a number above ${limit} belongs here`, expression, opened);
}

/** The share of the entries that are drawn; all where nothing is said. */
function share(density: CheckedExpression | undefined, opened: Opened): number | undefined {
  if (density === undefined) return undefined;
  const value = numberOf(density, opened);
  if (value > 0 && value <= 1) return value;
  return refuseNumber(value, 'a share above 0, up to 1, belongs here', density, opened);
}
