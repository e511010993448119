// Files and the names that they declare: loads what is imported, and says which cell, model or function a word means
// in each file. Imports are not handed on: a file sees what it declares, what it imports by name, and the prelude.

import type { Label } from '../base/diagnostic.ts';
import { makeSource, type Source, type Span } from '../base/source.ts';
import { suggest } from '../base/suggest.ts';
import { parse } from '../parser/parse.ts';
import type { BlockDeclaration, FunctionDeclaration, ImportDeclaration, SyntaxFile } from '../parser/tree.ts';
import { components, shortestCycle, smallest } from './cycles.ts';
import { preludeSource } from './prelude-source.ts';
import type { Report } from './report.ts';

/** Gives the file that an import means: the path as it is written, and the file in which it is. */
export type Resolver = (path: string, from: Source) => Source | undefined;

export interface Module {
  readonly source: Source;
  readonly file: SyntaxFile;
  readonly isPrelude: boolean;
  /** What words mean in this file, the prelude left out. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The names that it imports. */
  readonly imported: readonly string[];
}

/** What a word of a file stands for. `broken`: something that could not be read or found; it was reported. */
export type Entry = BlockEntry | FunctionEntry | { readonly kind: 'broken' };

export interface BlockEntry {
  readonly kind: 'cell' | 'model';
  readonly declaration: BlockDeclaration;
  readonly module: Module;
}

export interface FunctionEntry {
  readonly kind: 'function';
  readonly declaration: FunctionDeclaration;
  /** It is a function of a cell, and sees the cell's names. */
  readonly isLocal: boolean;
  readonly module: Module;
}

/** Whether a declaration that could not be read has a name that is not known: it may be one that is missing. */
export function hasNameless(module: Pick<Module, 'file'>): boolean {
  return module.file.declarations.some(
    (declaration) => declaration.kind === 'broken' && declaration.names.length === 0,
  );
}

export interface Modules {
  readonly main: Module;
  readonly prelude: Module;
}

interface Loading {
  readonly source: Source;
  readonly file: SyntaxFile;
  readonly isPrelude: boolean;
  readonly entries: Map<string, Entry>;
  readonly imported: string[];
  /** Where each entry is named in this file. */
  readonly places: Map<string, Span>;
  /** The file of each import; undefined where there is none. */
  readonly targets: Map<ImportDeclaration, Loading | undefined>;
}

let parsedPrelude: SyntaxFile | undefined;

/** Loads a file and all that it imports, and reports what is not found, named twice, or imported in a circle. */
export function loadModules(file: SyntaxFile, resolve: Resolver, report: Report): Modules {
  const main = newLoading(file, false);
  const bySource = new Map<string, Loading>([[file.source.name, main]]);
  const all: Loading[] = [main];
  for (const loading of all) {
    for (const declaration of importsOf(loading)) {
      const source = resolve(declaration.path, loading.source);
      if (source === undefined) {
        loading.targets.set(declaration, undefined);
        report.add({
          code: 'RNN2005',
          message: `there is no file ${JSON.stringify(declaration.path)}`,
          span: declaration.pathSpan,
          notes: [`paths are relative to the file that imports, here ${loading.source.name}`],
          help: declaration.path.endsWith('.rnn')
            ? undefined
            : declaration.path === '' || declaration.path.endsWith('/')
              ? `write the name of a file: "${declaration.path.endsWith('/') ? declaration.path : './'}lstm.rnn"`
              : `write the whole name of the file: "./${declaration.path.replace(/^\.\//, '')}.rnn"`,
        });
        continue;
      }
      let target = bySource.get(source.name);
      if (target === undefined) {
        const parsed = parse(source);
        for (const diagnostic of parsed.diagnostics) report.include(diagnostic);
        target = newLoading(parsed.file, false);
        bySource.set(source.name, target);
        all.push(target);
      }
      loading.targets.set(declaration, target);
    }
  }
  for (const loading of all) declareOwn(loading, report);
  parsedPrelude ??= parse(makeSource('prelude', preludeSource)).file;
  const prelude = newLoading(parsedPrelude, true);
  declareOwn(prelude, report);
  for (const loading of all) {
    for (const declaration of importsOf(loading)) link(loading, declaration, prelude, report);
  }
  reportCycles(all, report);
  return { main, prelude };
}

function newLoading(file: SyntaxFile, isPrelude: boolean): Loading {
  return {
    source: file.source,
    file,
    isPrelude,
    entries: new Map(),
    imported: [],
    places: new Map(),
    targets: new Map(),
  };
}

function importsOf(loading: Loading): readonly ImportDeclaration[] {
  return loading.file.declarations.filter((declaration) => declaration.kind === 'import');
}

/** Enters what the file itself declares. */
function declareOwn(loading: Loading, report: Report): void {
  for (const declaration of loading.file.declarations) {
    switch (declaration.kind) {
      case 'cell':
      case 'model':
      case 'function': {
        const entry: Entry =
          declaration.kind === 'function'
            ? { kind: 'function', declaration, isLocal: false, module: loading }
            : { kind: declaration.kind, declaration, module: loading };
        enter(loading, declaration.name.text, declaration.name.span, entry, report);
        break;
      }
      case 'broken':
        for (const name of declaration.names) {
          if (!loading.entries.has(name.text)) loading.entries.set(name.text, { kind: 'broken' });
        }
        break;
      case 'import':
      case 'train':
        break;
      default:
        declaration satisfies never;
    }
  }
}

function enter(
  loading: Loading,
  name: string,
  span: Span,
  entry: Entry,
  report: Report,
  imports = false,
): boolean {
  const first = loading.places.get(name);
  if (first !== undefined) {
    const related: Label[] = [{ span: first, text: `${name} is already declared here` }];
    const own = imports && !loading.imported.includes(name);
    report.add({
      code: 'RNN2003',
      message: own
        ? `${name} is imported, and also declared in this file`
        : `${name} is ${imports ? 'imported' : 'declared'} twice in this file`,
      span,
      related: own ? [{ span: first, text: `${name} is declared here` }] : related,
      help: own ? 'leave the import out, or give what is declared another name' : undefined,
    });
    return false;
  }
  loading.places.set(name, span);
  loading.entries.set(name, entry);
  return true;
}

/** Enters what an import brings. */
function link(loading: Loading, declaration: ImportDeclaration, prelude: Loading, report: Report): void {
  const target = loading.targets.get(declaration);
  for (const name of declaration.names) {
    // That the file imports itself is told as that.
    if (target === undefined || target === loading) {
      if (!loading.entries.has(name.text)) loading.entries.set(name.text, { kind: 'broken' });
      continue;
    }
    const declared = target.places.has(name.text) && !target.imported.includes(name.text);
    const entry: Entry | undefined = declared ? target.entries.get(name.text) : undefined;
    const known =
      entry ?? (target.entries.get(name.text)?.kind === 'broken' ? { kind: 'broken' } : undefined);
    if (known !== undefined) {
      if (enter(loading, name.text, name.span, known, report, true)) loading.imported.push(name.text);
      continue;
    }
    const isOfPrelude = prelude.places.has(name.text);
    // What the other file imports has its own place.
    const from = importsOf(target).find((other) => other.names.some(({ text }) => text === name.text));
    const near = from === undefined && !isOfPrelude ? suggest(name.text, target.places.keys()) : undefined;
    const names = [...target.places.keys()].filter((other) => !target.imported.includes(other));
    report.add({
      code: 'RNN2006',
      message: `${declaration.path} does not declare ${name.text}`,
      span: name.span,
      notes: [names.length === 0 ? 'it declares nothing' : `it declares ${names.join(', ')}`],
      related:
        from === undefined
          ? []
          : [{ span: from.span, text: `it imports ${name.text} itself, and imports are not handed on` }],
      help:
        from !== undefined
          ? `import ${name.text} from the file that declares it`
          : isOfPrelude
            ? `leave it out: ${name.text} is of the prelude, which every file sees`
            : near && `did you mean ${near}?`,
      fixes: near === undefined ? [] : [{ span: name.span, replacement: near, title: `import ${near}` }],
    });
    if (!loading.entries.has(name.text)) loading.entries.set(name.text, { kind: 'broken' });
  }
}

function reportCycles(all: readonly Loading[], report: Report): void {
  const edgesOf = (index: number): number[] =>
    importsOf(all[index]).flatMap((declaration) => {
      const target = all[index].targets.get(declaration);
      return target === undefined ? [] : [all.indexOf(target)];
    });
  for (const component of components(all.length, edgesOf)) {
    const start = smallest(component);
    const cycle = shortestCycle(start, edgesOf);
    if (cycle === undefined) continue;
    const files = cycle.map((index) => all[index].source.name);
    const next = all[cycle[1]];
    const declaration = importsOf(all[start]).find((item) => all[start].targets.get(item) === next);
    if (declaration === undefined) continue;
    const itself = cycle.length === 2;
    report.add({
      code: 'RNN2007',
      message: itself ? 'this file imports itself' : `these files import each other: ${files.join(' -> ')}`,
      span: declaration.pathSpan,
      help: itself ? 'what a file declares needs no import' : 'put what they share into a file of its own',
    });
  }
}
