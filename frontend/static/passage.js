/** The passage behind a question, in a dialog. */

import { getPassage } from './api.js';
import { AUTO, byId, el, highlighted, icon } from './dom.js';
import { cutAt, findLoosely, placeOf } from './text.js';

export function passageButton(source) {
  return el(
    'p.passage-line',
    el('button.button.small', { onclick: () => openPassage(source) }, icon('quote'), 'Show the passage'),
    el('span.place', AUTO, placeOf(source)),
  );
}

async function openPassage(source) {
  const dialog = byId('passage', HTMLDialogElement);
  const body = byId('passage-body');
  byId('passage-title').textContent = source.filename;
  byId('passage-place').textContent = whereIn(source);
  body.replaceChildren(el('div.skeleton.tall'));
  dialog.showModal();
  try {
    const passage = await getPassage(source.document_id, source.chunk_id);
    byId('passage-place').textContent = whereIn(passage);
    body.replaceChildren(passageText(passage, source.quote));
  } catch (cause) {
    const { message } = cause;
    body.replaceChildren(
      el('p.notice.notice-bad', { role: 'alert' }, `The text around it cannot be shown. ${message}`),
      el('p.passage-text', AUTO, el('mark', source.quote)),
    );
  }
  const first = body.querySelector('mark');
  if (first) body.scrollTop = first.offsetTop - body.offsetTop - body.clientHeight / 3;
}

const whereIn = ({ page, heading }) =>
  [page ? `Page ${page}` : '', heading?.replaceAll(' > ', ' › ')].filter(Boolean).join(' · ');

function passageText({ before, text, after }, quote) {
  const whole = before + text + after;
  const found = findLoosely(whole, quote);
  const shown = found ?? { start: before.length, end: before.length + text.length };
  const pieces = cutAt(whole, [shown]);
  return el('p.passage-text', AUTO, ...highlighted(pieces));
}

/** Closing by the button or a press beside the dialog; Escape is the browser's own. */
export function preparePassage() {
  const dialog = byId('passage', HTMLDialogElement);
  byId('passage-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
