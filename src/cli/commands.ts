// The commands, in the order in which help lists them.
import type { Command } from './command.ts';
import { check } from './commands/check.ts';
import { derive } from './commands/derive.ts';
import { explain } from './commands/explain.ts';
import { format } from './commands/format.ts';
import { generate } from './commands/generate.ts';
import { gradcheck } from './commands/gradcheck.ts';
import { newProgram } from './commands/new.ts';
import { run } from './commands/run.ts';
import { show } from './commands/show.ts';
import { train } from './commands/train.ts';

export const commands: readonly Command[] = [
  newProgram,
  check,
  show,
  run,
  gradcheck,
  derive,
  train,
  generate,
  format,
  explain,
];
