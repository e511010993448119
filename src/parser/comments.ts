/**
 * Which comment belongs to what. Comments are given out in the order of the text, each once: those before a
 * declaration or an item lead it, one after it on its last line trails it, those in between are inside.
 */
import type { IToken } from 'chevrotain';
import type { Source } from '../base/source.ts';
import { positionAt } from '../base/source.ts';
import * as tokens from './tokens.ts';
import type { Comment } from './tree.ts';

export interface CommentCursor {
  /** The comments not yet taken that begin before `offset`. */
  before(offset: number): readonly Comment[];
  /** The next comment, if it stands on the line on which `end` lies, and before `limit`. */
  trailing(end: number, limit: number): Comment | undefined;
}

/** Gives out the comments of a file from first to last. */
export function makeCommentCursor(source: Source, comments: readonly IToken[]): CommentCursor {
  let next = 0;
  const take = (): Comment => {
    const { image } = comments[next];
    const span = tokens.tokenSpan(source, comments[next]);
    next += 1;
    const documentation = image.startsWith('##');
    const text = image
      .slice(documentation ? 2 : 1)
      .replace(/^ /, '')
      .trimEnd();
    return { span, text, documentation };
  };
  return {
    before(offset) {
      const taken: Comment[] = [];
      while (next < comments.length && comments[next].startOffset < offset) taken.push(take());
      return taken;
    },
    trailing(end, limit) {
      if (next >= comments.length || comments[next].startOffset >= limit) return undefined;
      const line = positionAt(source, comments[next].startOffset).line;
      return line === positionAt(source, end).line ? take() : undefined;
    },
  };
}

/** What the `##` comments among these say, line by line; undefined where there are none. */
export function documentationOf(comments: readonly Comment[]): string | undefined {
  const lines = comments.filter((comment) => comment.documentation).map((comment) => comment.text);
  return lines.length === 0 ? undefined : lines.join('\n');
}
