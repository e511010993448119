// All exhibits, room by room.
import { ends } from './ends.ts';
import type { Exhibit } from './exhibit.ts';
import { practice } from './practice.ts';
import { slopes } from './slopes.ts';
import { sums } from './sums.ts';
import { targets } from './targets.ts';
import { theLoopBack } from './the-loop-back.ts';

export const exhibits: readonly Exhibit[] = [
  ...theLoopBack,
  ...sums,
  ...ends,
  ...slopes,
  ...targets,
  ...practice,
];
