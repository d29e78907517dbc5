/** LlamaIndex stores that were found: what moving them over would do, and doing it. */

import { call, post } from './api.js';
import { announce, AUTO, el, problemBox } from './dom.js';
import { counted, formatBytes, paceText, stageText } from './text.js';

const EVERY_MS = 700;

/** Lists the stores in `place`; `onDone` once one has moved. */
export async function offerStores(place, onDone) {
  const { stores } = await call('/api/migrations');
  place.hidden = stores.length === 0;
  place.replaceChildren(
    el('summary', `${counted(stores.length, 'LlamaIndex store')} found`),
    el('p.hint', 'Texts and vectors can move over. The old folder stays as it is.'),
    ...stores.map((store) => storeOf(store, onDone)),
  );
}

function storeOf({ folder, size, seconds }, onDone) {
  const news = el('div.store-news', { 'aria-live': 'polite' });
  const look = el('button.button.small', { 'aria-label': `Look into ${folder}` }, 'Look first');
  const attempt = async (action) => {
    look.disabled = true;
    try {
      await action();
    } catch (cause) {
      news.replaceChildren(problemBox(cause));
    }
    look.disabled = false;
  };
  const go = (reembed) => attempt(() => move(folder, reembed, news, onDone));
  look.addEventListener('click', () =>
    attempt(async () => {
      news.replaceChildren(el('div.skeleton'));
      const { report } = await post('/api/migrations', { folder, dry_run: true });
      news.replaceChildren(...reportParts(report), ...choices(report, go));
    }),
  );
  return el('div.store', el('strong', AUTO, folder), el('p.hint', `${formatBytes(size)} · about ${Math.ceil(seconds)} s`), look, news);
}

/** Follows the job that moves a store to its end. */
async function move(folder, reembed, news, onDone) {
  const { job } = await post('/api/migrations', { folder, reembed });
  const bar = el('progress', { max: 1, value: 0, 'aria-label': `Progress of ${folder}` });
  const words = el('p.hint');
  news.replaceChildren(bar, words);
  for (let now = job; ; now = await call(`/job-status/${encodeURIComponent(job.job_id)}`)) {
    bar.value = now.progress;
    words.textContent = [stageText(now), paceText(now)].filter(Boolean).join(' · ');
    if (['finished', 'failed', 'stopped'].includes(now.status)) break;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  const { result } = await call(`/result/${encodeURIComponent(job.job_id)}`);
  news.replaceChildren(el('p', el('strong', 'Moved over.')), ...reportParts(result));
  announce('The store has moved over.');
  onDone();
}

function reportParts({ documents, nodes, vectors, skipped, skips = [], notes = [] }) {
  const rows = { Documents: documents, Passages: nodes, Vectors: vectors, 'Left behind': skipped };
  return [
    el('dl.numbers-list', ...Object.entries(rows).flatMap(([name, value]) => [el('dt', name), el('dd', Number(value).toLocaleString('en'))])),
    ...skips.map(({ count, why }) => el('p.hint', `${count.toLocaleString('en')}: ${why}`)),
    ...notes.map((note) => el('p.hint', AUTO, note)),
  ];
}

const choices = ({ model }, go) => [
  model?.same !== false && el('button.button.primary.small', { onclick: () => go(false) }, 'Move it over'),
  el('button.button.small', { onclick: () => go(true) }, 'Move it with new vectors'),
];
