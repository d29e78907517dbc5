/** The passage behind a question or an answer, in a dialog. */

import { call, documentPath } from './api.js';
import { AUTO, byId, el, highlighted, icon } from './dom.js';
import { clock, cutAt, findLoosely, linkAt, placeOf } from './text.js';

export const passageButton = (source) =>
  el(
    'p.passage-line',
    el('button.button.small', { onclick: () => openPassage(source) }, icon('quote'), 'Show the passage'),
    el('span.place', AUTO, placeOf(source)),
  );

/** Opens at `quotes` where there are some, else at `quote`. */
export async function openPassage(source) {
  const dialog = byId('passage');
  const body = byId('passage-body');
  const link = linkAt(source);
  byId('passage-title').textContent = source.filename;
  byId('passage-place').textContent = whereIn(source);
  body.replaceChildren(el('div.skeleton.tall'));
  dialog.showModal();
  try {
    const passage = await call(`${documentPath(source.document_id)}/passage?${new URLSearchParams({ chunk_id: source.chunk_id })}`);
    byId('passage-place').textContent = whereIn({ ...source, ...passage });
    body.replaceChildren(passageText(passage, source.quotes?.length ? source.quotes : [source.quote]));
  } catch (cause) {
    body.replaceChildren(
      el('p.notice.notice-bad', { role: 'alert' }, `The text around it cannot be shown. ${cause.message}`),
      el('p.passage-text', AUTO, el('mark', source.quotes?.[0] ?? source.quote)),
    );
  }
  if (link) body.append(el('a.button', { href: link, target: '_blank', rel: 'noopener noreferrer' }, `Watch at ${clock(source.start_seconds)}`));
  const first = body.querySelector('mark');
  if (first) body.scrollTop = first.offsetTop - body.offsetTop - body.clientHeight / 3;
}

const whereIn = ({ page, heading, start_seconds: second }) =>
  [page && `Page ${page}`, second != null && clock(second), heading?.replaceAll(' > ', ' › ')].filter(Boolean).join(' · ');

function passageText({ before, text, after }, quotes) {
  const whole = before + text + after;
  const found = quotes
    .map((quote) => findLoosely(whole, quote))
    .filter(Boolean)
    .sort((a, b) => a.start - b.start)
    .filter((one, place, all) => !place || one.start >= all[place - 1].end);
  const chunk = { start: before.length, end: before.length + text.length };
  return el('p.passage-text', AUTO, ...highlighted(cutAt(whole, found.length ? found : [chunk])));
}

/** Closing by the button or a press beside the dialog; Escape is the browser's own. */
export function preparePassage() {
  const dialog = byId('passage');
  byId('passage-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
