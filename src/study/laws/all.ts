// The laws that a program is held to, besides that its gradients are those of differences and of forward mode.
import { alone, order, padding } from './batches.ts';
import { chunks, steps } from './chunks.ts';
import type { Law } from './law.ts';
import { optimised, unrolled, wasm } from './same-program.ts';
import { gradientDifferences, symmetric, threeWays } from './second-order.ts';

export const LAWS: readonly Law[] = [unrolled, optimised, wasm, alone, order, padding, chunks, steps];

export const SECOND_ORDER: readonly Law[] = [threeWays, symmetric, gradientDifferences];
