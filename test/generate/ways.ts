// The ways to make a real value, by what they need to know of it.
import { affineWays } from './affine.ts';
import { complexWays } from './complex.ts';
import { elementwiseWays } from './elementwise.ts';
import { guardedWays } from './guarded.ts';
import { indexedWays } from './indexed.ts';
import { loopWays } from './loops.ts';
import { noiseWays } from './noise.ts';
import { timeWays } from './over-time.ts';
import type { Ways } from './scope.ts';
import { shapedWays } from './shaped.ts';
import { templateWays } from './templates.ts';

/** For values of any shape. */
export const anyShape: Ways = [...elementwiseWays, ...guardedWays];

/** For vectors, which can be looked at as a whole. */
export const ofVectors: Ways = [...anyShape, ...shapedWays];

/** With weights, time, and other cells. */
export const ofCells: Ways = [
  ...ofVectors,
  ...affineWays,
  ...noiseWays,
  ...timeWays,
  ...templateWays,
  ...complexWays,
  ...loopWays(ofVectors),
  ...indexedWays,
];
