// Checking a file: syntax tree to checked program and diagnostics. Total: whatever the tree, it comes to an end and
// throws nothing. Several independent mistakes are all reported, in the order of the text; one mistake once.

import { type Diagnostic, hasErrors, sortDiagnostics } from '../base/diagnostic.ts';
import type { Source } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import type { SyntaxFile } from '../parser/tree.ts';
import { checkBlock } from './block.ts';
import { keyOf, needsCells } from './cell-arguments.ts';
import type { CheckedCell, CheckedFile, CheckedTrain } from './checked.ts';
import type { CellOf } from './context.ts';
import { orderBlocks } from './order.ts';
import { Report } from './report.ts';
import { type BlockEntry, hasNameless, loadModules, type Module, type Resolver } from './resolve.ts';
import { warnWithoutSlope } from './slopes.ts';

export type { Resolver } from './resolve.ts';

/**
 * Checks a file and all that it imports. `resolve` gives the file that an import means, from its path and the importing
 * file; a file is known again by its source's name. `program` is there exactly where no error is among the
 * diagnostics and nothing in the file was unreadable; the parser's own complaints about `file` are not repeated.
 */
export function check(
  file: SyntaxFile,
  resolve: Resolver,
): { readonly program: CheckedFile | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const report = new Report();
  const { main, prelude } = loadModules(file, resolve, report);
  const cells = new Map<BlockEntry['declaration'], CheckedCell | undefined>();
  const cellOf = cellsWithCells(prelude, report, cells);
  for (const entry of orderBlocks(main, prelude, report)) {
    const before = report.errors;
    const cell = checkBlock(entry, prelude, report, cellOf);
    if (cell?.kind === 'model') warnWithoutSlope(cell, report);
    // What has no mistake of its own may be asked for with other cells.
    const isSound = cell !== undefined || (needsCells(entry.declaration) && report.errors === before);
    if (isSound) cells.set(entry.declaration, cell);
  }
  const trains = checkTrains(main, cellOf, report);
  const diagnostics = inOrder(file.source, report.diagnostics);
  const unread = file.declarations.some((declaration) => declaration.kind === 'broken');
  if (hasErrors(diagnostics) || unread || trains === undefined) return { program: undefined, diagnostics };
  const found = (names: readonly string[]): readonly CheckedCell[] | undefined => {
    const list = names.flatMap((name) => {
      const entry = main.entries.get(name);
      const isCell = entry?.kind === 'cell' || entry?.kind === 'model';
      return isCell && !needsCells(entry.declaration) ? [cellOf(entry)] : [];
    });
    const known = list.filter((cell) => cell !== undefined);
    return known.length < list.length ? undefined : known;
  };
  const own = file.declarations.flatMap((d) =>
    d.kind === 'cell' || d.kind === 'model' ? [d.name.text] : [],
  );
  const blocks = found(own);
  const imported = found(main.imported);
  if (blocks === undefined || imported === undefined) return { program: undefined, diagnostics };
  const { source, documentation } = file;
  const templates = file.declarations.flatMap((d) =>
    (d.kind === 'cell' || d.kind === 'model') && needsCells(d) ? [d.name.text] : [],
  );
  return { program: { source, documentation, blocks, imported, templates, trains }, diagnostics };
}

/** How many cells may be made of cells with cells in their headers. */
const mostUses = 2000;

/** Gives cells by their declarations, those with other cells in their headers checked when they are asked for. */
function cellsWithCells(
  prelude: Module,
  report: Report,
  cells: ReadonlyMap<BlockEntry['declaration'], CheckedCell | undefined>,
): CellOf {
  const numbers = new Map<CheckedCell, number>();
  const numberOf = (cell: CheckedCell): number => {
    const number = numbers.get(cell) ?? numbers.size;
    numbers.set(cell, number);
    return number;
  };
  const known = new Map<BlockEntry['declaration'], Map<string, CheckedCell | undefined>>();
  let uses = 0;
  const cellOf: CellOf = (entry, given = new Map()) => {
    const { declaration } = entry;
    if (given.size === 0 || !cells.has(declaration)) return cells.get(declaration);
    const key = [...given]
      .map(([name, template]) => `${name}:${keyOf(template, numberOf)}`)
      .sort()
      .join(';');
    const ofCell = known.get(declaration) ?? new Map<string, CheckedCell | undefined>();
    known.set(declaration, ofCell);
    if (ofCell.has(key)) return ofCell.get(key);
    if (++uses > mostUses) {
      const { text, span } = declaration.name;
      const message = `the cells with cells in their headers open up to more than ${mostUses} others, ${text} among them`;
      report.add({ code: 'RNN5016', message, span });
      return undefined;
    }
    const cell = checkBlock(entry, prelude, report, cellOf, given);
    ofCell.set(key, cell);
    return cell;
  };
  return cellOf;
}

/** The file itself first, then what it imports, each in the order of its text. */
function inOrder(source: Source, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const own = diagnostics.filter((diagnostic) => diagnostic.span.source === source);
  const others = diagnostics.filter((diagnostic) => diagnostic.span.source !== source);
  return [...sortDiagnostics(own), ...sortDiagnostics(others)];
}

/** The train blocks with their models; undefined where one has none that is good. */
function checkTrains(
  main: Module,
  cellOf: (entry: BlockEntry) => CheckedCell | undefined,
  report: Report,
): readonly CheckedTrain[] | undefined {
  const trains: CheckedTrain[] = [];
  let good = true;
  for (const declaration of main.file.declarations) {
    if (declaration.kind !== 'train') continue;
    const { text, span } = declaration.name;
    const entry = main.entries.get(text);
    if (entry?.kind === 'model') {
      const model = cellOf(entry);
      if (model === undefined) good = false;
      else trains.push({ syntax: declaration, model });
      continue;
    }
    good = false;
    if (entry?.kind === 'broken' || (entry === undefined && hasNameless(main))) continue;
    const models = [...main.entries].filter(([, other]) => other.kind === 'model').map(([name]) => name);
    const near = suggest(text, models);
    report.add({
      code: entry === undefined ? 'RNN2001' : 'RNN2008',
      message:
        entry === undefined
          ? `there is no model ${text} here`
          : `${text} is a ${entry.kind}, and only a model is trained`,
      span,
      related:
        entry === undefined ? [] : [{ span: entry.declaration.name.span, text: `${text} is declared here` }],
      notes:
        entry !== undefined
          ? ['a model has targets and a loss']
          : [models.length === 0 ? 'the file has no models' : `its models are ${models.join(', ')}`],
      help: near === undefined ? undefined : `did you mean ${near}?`,
      fixes: near === undefined ? [] : [{ span, replacement: near, title: `write ${near}` }],
    });
  }
  return good ? trains : undefined;
}
