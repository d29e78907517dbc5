/** Markdown as elements: a text can never become markup, a link only leads to http(s). */

import { el } from './dom.js';

const INLINE =
  /(?<code>`{1,3})(?<coded>[^`]+)\k<code>|\[(?<marker>\d{1,3})\]|\[(?<label>[^\]]{1,300})\]\((?<href>https?:\/\/[^\s)]+)\)|\*\*(?<strong>.{1,500}?)\*\*|(?<![\w*])[*_](?<em>[^\s*_][^*_]*)[*_](?!\w)/gsu;
const ITEM = /^\s*(?:[-*+•]|(\d{1,9})[.)])\s+/;
/** What ends a paragraph. */
const BLOCK = /^(?:#{1,6} |```|>|\||\s*(?:[-*+•]|\d{1,9}[.)])\s)/;

/** `marker(n)` makes the element of a marker [n]; nothing: it stays text. */
export function inline(text, marker = () => null) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    const { coded, marker: number, label, href, strong, em } = found.groups;
    parts.push(text.slice(at, found.index));
    at = found.index + found[0].length;
    if (coded) parts.push(el('code', coded));
    else if (number) parts.push(marker(Number(number)) ?? found[0]);
    else if (href) parts.push(el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, label));
    else parts.push(el(strong ? 'strong' : 'em', ...inline(strong ?? em, marker)));
  }
  return [...parts, text.slice(at)];
}

/** Blocks of a text: headings, paragraphs, lists, quotes (`deep` of them at most), tables and code. */
export function markdown(text, marker, deep = 8) {
  const lines = text.replaceAll('\r', '').split('\n');
  const blocks = [];
  const take = (like) => {
    const taken = [];
    while (lines.length && like(lines[0])) taken.push(lines.shift());
    return taken;
  };
  const words = (line) => inline(line, marker);
  while (lines.length) {
    const line = lines[0];
    if (!line.trim()) lines.shift();
    else if (line.startsWith('```')) {
      lines.shift();
      blocks.push(el('pre', { tabindex: 0 }, el('code', take((next) => !next.startsWith('```')).join('\n'))));
      lines.shift();
    } else if (/^#{1,6} /.test(line)) blocks.push(el('h3', ...words(lines.shift().replace(/^#+ /, ''))));
    else if (line.startsWith('>') && deep) {
      const quoted = take((next) => next.startsWith('>')).map((next) => next.replace(/^> ?/, ''));
      blocks.push(el('blockquote', ...markdown(quoted.join('\n'), marker, deep - 1)));
    } else if (line.startsWith('|')) blocks.push(table(take((next) => next.startsWith('|')), words));
    else if (ITEM.test(line)) {
      const start = ITEM.exec(line)[1];
      const items = take((next) => ITEM.test(next)).map((next) => el('li', ...words(next.replace(ITEM, ''))));
      blocks.push(el(start ? 'ol.numbers' : 'ul.points', start && { start }, ...items));
    } else {
      const first = lines.shift();
      blocks.push(el('p', ...words([first, ...take((next) => next.trim() && !BLOCK.test(next))].join('\n'))));
    }
  }
  return blocks;
}

function table(lines, words) {
  const rows = lines.filter((line) => !/^[|\s:-]+$/.test(line)).map((line) => line.replace(/^\||\|\s*$/g, '').split('|'));
  const row = (cells, kind) => el('tr', ...cells.map((cell) => el(kind, ...words(cell.trim()))));
  return el('div.scroll', { tabindex: 0 }, el('table', ...rows.map((cells, place) => row(cells, place ? 'td' : 'th'))));
}
