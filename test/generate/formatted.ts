// The one layout: a generated program, with blanks and comments strewn over it, is laid out as the same program.
import { isDeepStrictEqual } from 'node:util';
import { makeSource } from '../../src/base/source.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { readGraph } from '../../src/graph/read.ts';
import { format } from '../../src/parser/format.ts';
import { isProgram, respaced, treeOf, written } from '../parser/respaced.ts';
import { all, type GeneratedLaw } from './finding.ts';
import { Trial } from './trial.ts';

function layOut(text: string): string {
  return format(makeSource('generated.rnn', text)).text ?? '';
}

/** Without origins: they are comments in the text. */
function bare(graph: Graph): Graph {
  return readGraph(printGraph(graph));
}

export const formatted: GeneratedLaw = {
  name: 'laid out is the same program',
  bound: 0,
  hold({ text, drawn, path, forms: { program } }) {
    const strewn = respaced(text, drawn.numbers, drawn.numbers % 5);
    if (!isProgram(strewn)) return undefined;
    const result = layOut(strewn);
    const again = new Trial(result, drawn, path).program();
    const held: Readonly<Record<string, boolean>> = {
      'the tree': treeOf(result) === treeOf(strewn),
      'words and comments': isDeepStrictEqual(written(result), written(strewn)),
      'a second time': layOut(result) === result,
      'the graph': isDeepStrictEqual(bare(again.graph), bare(program.graph)),
    };
    return all(new Map(Object.entries(held).map(([name, is]) => [name, is ? 0 : Number.POSITIVE_INFINITY])));
  },
};
