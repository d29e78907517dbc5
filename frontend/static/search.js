/** Search in all documents. */

import { call } from './api.js';
import { announce, AUTO, byId, el, highlighted, inputOf, problemBox } from './dom.js';
import { passageButton } from './passage.js';
import { counted, cutAt, findWords } from './text.js';

export function prepareSearch(onTopic) {
  const input = inputOf('search-input');
  input.disabled = false;
  let asking = null;
  byId('search-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const query = input.value.trim();
    asking?.abort();
    if (query === '') return input.focus();
    asking = new AbortController();
    const { signal } = asking;
    const results = byId('search-results');
    results.replaceChildren(...[0, 1, 2].map(() => el('div.skeleton.tall')));
    try {
      const found = await call(`/api/search?${new URLSearchParams({ q: query, k: 10 })}`, { signal });
      if (!signal.aborted) show(results, query, found.results, onTopic);
    } catch (cause) {
      if (signal.aborted) return;
      results.replaceChildren(problemBox(cause));
    }
  });
}

function show(place, query, found, onTopic) {
  announce(found.length ? `${counted(found.length, 'passage')} found.` : 'Nothing found.');
  if (found.length === 0) {
    place.replaceChildren(
      el('p.empty', 'Nothing in your documents matches. Try other words, or add a document about it.'),
    );
    return;
  }
  const ask = el('button.button', { onclick: () => onTopic(query) }, 'Make questions about this');
  place.replaceChildren(
    el('div.found-head', el('h2', counted(found.length, 'passage')), ask),
    el('ol.found-list', ...found.map((hit) => foundCard(hit, query))),
  );
}

function foundCard(hit, query) {
  const pieces = cutAt(hit.text, findWords(hit.text, query));
  return el(
    'li.card.found',
    el('p.found-text', AUTO, ...highlighted(pieces)),
    passageButton({ ...hit, heading: null, quote: hit.text }),
  );
}
