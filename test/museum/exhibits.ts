// All exhibits, room by room.
import type { Exhibit } from './exhibit.ts';
import { sums } from './sums.ts';
import { theLoopBack } from './the-loop-back.ts';

export const exhibits: readonly Exhibit[] = [...theLoopBack, ...sums];
