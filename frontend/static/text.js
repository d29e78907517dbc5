/** Words and ranges of text: pure functions, no page. */

/** "1 question", "3 questions". */
export const counted = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

export function formatBytes(bytes) {
  if (bytes < 999_500) return `${Math.ceil(bytes / 1000)}\u00a0KB`;
  return `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })}\u00a0MB`;
}

export function extension(filename) {
  const found = /\.([A-Za-z0-9]{1,5})$/.exec(filename);
  return found ? found[1].toUpperCase() : 'FILE';
}

/** What is being done to a document, in words. */
export function stageText({ stage, done, total, unit, waiting }) {
  if (waiting) return 'Waiting for a worker';
  const verb = { extracting: 'Reading', embedding: 'Embedding' }[stage];
  if (!verb) return stage === 'indexing' ? 'Adding to the index' : 'Starting';
  if (!total) return `${verb} the text`;
  if (unit === 'pages') return `${verb} page ${Math.min(done + 1, total)} of ${total}`;
  if (unit === 'passages') return `${verb} ${done} of ${counted(total, 'passage')}`;
  return `${verb} the text, ${Math.round((done / total) * 100)} %`;
}

/** How fast, and how long yet; empty while unknown. */
export function paceText({ unit, rate, seconds_left: left }) {
  const words = [];
  if (rate) {
    const [each, time] = rate < 1 ? [rate * 60, 'minute'] : [rate, 'second'];
    const amount = unit === 'bytes' ? formatBytes(each) : counted(Math.round(each), unit.slice(0, -1));
    words.push(`${amount} a ${time}`);
  }
  if (left !== null) words.push(`${timeText(left)} left`);
  return words.join(' · ');
}

function timeText(seconds) {
  if (seconds <= 5) return 'a few seconds';
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} seconds`;
  const minutes = Math.round(seconds / 60);
  return `about ${minutes < 90 ? counted(minutes, 'minute') : counted(Math.round(minutes / 60), 'hour')}`;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Where `quote` stands in `text`, whatever the white space between its words. */
export function findLoosely(text, quote) {
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const found = new RegExp(words.map(escaped).join('\\s+')).exec(text);
  return found && { start: found.index, end: found.index + found[0].length };
}

/**
 * Where the words of a search stand in a text, in order and without overlap; short words count only where
 * there are no longer ones.
 */
export function findWords(text, query) {
  const all = query.match(/[\p{L}\p{N}]+/gu) ?? [];
  const long = all.filter((word) => word.length > 3);
  const words = long.length ? long : all;
  if (words.length === 0) return [];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.map(escaped).join('|')})[\\p{L}\\p{N}]*`, 'giu');
  return [...text.matchAll(pattern)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
  }));
}

/** `text` cut at the borders of `ranges`: pieces in order, each with whether it lies in a range. */
export function cutAt(text, ranges) {
  const pieces = [];
  let position = 0;
  for (const { start, end } of ranges) {
    pieces.push({ text: text.slice(position, start), inside: false });
    pieces.push({ text: text.slice(start, end), inside: true });
    position = end;
  }
  pieces.push({ text: text.slice(position), inside: false });
  return pieces.filter((piece) => piece.text !== '');
}

/** "1:02:03". */
export function clock(seconds) {
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)));
  return `${hours === '0' ? minutes : `${hours}:${minutes.padStart(2, '0')}`}:${rest.padStart(2, '0')}`;
}

/** Where a video opens at the second of a source; empty where there is none. */
export function linkAt({ link, url, start_seconds: second }) {
  if (second == null || !/^https?:/.test(link ?? url ?? '')) return '';
  if (link) return link;
  const at = new URL(url);
  at.searchParams.set('t', `${Math.floor(second)}s`);
  return at.href;
}

/** Where something comes from: "chapter-07.pdf, page 12". */
export const placeOf = ({ filename, page, start_seconds: second }) =>
  [filename, page ? `page ${page}` : second != null && `at ${clock(second)}`].filter(Boolean).join(', ');
