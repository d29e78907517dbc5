/** Kept question sets: the list, and one set to review, change, use and export. */

import { call, post, request } from './api.js';
import { announce, AUTO, confirmed, el, fill, icon, problemBox } from './dom.js';
import { passageButton } from './passage.js';
import { LETTERS } from './runs.js';
import { counted } from './text.js';

const FORMATS = {
  json: 'JSON',
  csv: 'CSV, for spreadsheets',
  markdown: 'Markdown, to print',
  gift: 'GIFT, for Moodle',
  qti: 'QTI, for Canvas',
  anki: 'Anki cards',
};
const PAGE = 20;
const pathOf = (...parts) => ['/api/question-sets', ...parts.map(encodeURIComponent)].join('/');

export class Sets {
  #place;
  #onUse;
  #set;
  #shown = PAGE;
  #search = '';

  /** `onUse(set)` works through a set. */
  constructor(place, onUse) {
    this.#place = place;
    this.#onUse = onUse;
  }

  /** The set with this id, or the list. */
  async show(id) {
    this.#place.replaceChildren(el('h1', { tabindex: -1 }, id ? 'Question set' : 'Question sets'), ...[0, 1, 2].map(() => el('div.skeleton')));
    const load = async () => {
      this.#set = id ? await call(pathOf(id)) : null;
      await (id ? this.#drawSet() : this.#drawList());
    };
    await this.#try(load, () => this.show(id));
  }

  async #try(action, retry) {
    this.#place.querySelector('.notice-bad')?.remove();
    try {
      return (await action()) ?? true;
    } catch (cause) {
      this.#place.querySelectorAll('.skeleton').forEach((node) => node.remove());
      const box = problemBox(cause, retry);
      (this.#place.querySelector('.busy-item') ?? this.#place).append(box);
      box.scrollIntoView({ block: 'nearest' });
      return false;
    }
  }

  async #drawList() {
    const query = new URLSearchParams({ limit: Math.min(100, this.#shown), search: this.#search });
    const { items, total } = await call(`/api/question-sets?${query}`);
    const field = el('input', { type: 'search', id: 'set-search', placeholder: 'Search in the titles', value: this.#search });
    const again = (shown, search) => {
      [this.#shown, this.#search] = [shown, search];
      return this.#try(() => this.#drawList());
    };
    const nothing = this.#search ? `No set is called “${this.#search}”.` : 'No questions yet. Generate some: every set is kept here.';
    fill(
      this.#place,
      el('h1', { tabindex: -1 }, 'Question sets'),
      el('p.lead', 'Review, edit and export what was generated.'),
      (total > 5 || this.#search) &&
        el(
          'form.search-form',
          { role: 'search', onsubmit: (event) => (event.preventDefault(), again(PAGE, field.value.trim())) },
          el('label.visually-hidden', { for: 'set-search' }, 'Search in the titles'),
          field,
          el('button.button', { type: 'submit' }, 'Search'),
        ),
      items.length ? el('ul.card.lines-list', ...items.map((set) => line(set))) : el('p.empty', nothing),
      items.length < total && items.length < 100 && el('button.button.quiet.more', { onclick: () => again(this.#shown + PAGE, this.#search) }, 'Show more'),
    );
  }

  /** `focus` are selectors, the first that matches is focused. */
  #drawSet(...focus) {
    const set = this.#set;
    const ask = async () => {
      const title = await promptFor(set.title);
      if (title) await this.#change(() => call(pathOf(set.set_id), { method: 'PATCH', json: { title } }), 'Renamed.');
    };
    fill(
      this.#place,
      el('a.back', { href: '#sets' }, icon('left'), 'All sets'),
      el('h1', { ...AUTO, tabindex: -1 }, set.title),
      el('p.hint', factsOf(set)),
      set.shortfall && el('p.notice', { role: 'note' }, set.shortfall),
      el(
        'div.set-actions',
        el('button.button.primary', { onclick: () => this.#onUse(set) }, set.mode === 'quiz' ? 'Take this quiz' : 'Practise this set'),
        this.#exports(),
        el('button.button.quiet', { onclick: ask }, 'Rename'),
        el('button.button.quiet', { onclick: () => this.#delete() }, icon('bin'), 'Delete'),
      ),
      el('ol.review-list', ...set.questions.map((item, place) => this.#item(item, place))),
      set.questions.length === 0 && el('p.empty', 'Every question of this set was dropped.'),
    );
    focus.map((one) => this.#place.querySelector(one)).find(Boolean)?.focus();
  }

  #exports() {
    const choose = el('select', { id: 'format', 'aria-label': 'Format' }, ...Object.entries(FORMATS).map(([value, words]) => el('option', { value }, words)));
    const save = () =>
      this.#try(async () => {
        const answer = await request(`${pathOf(this.#set.set_id, 'export')}?format=${choose.value}`);
        const name = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1];
        const href = URL.createObjectURL(await answer.blob());
        el('a', { href, download: decodeURIComponent(name ?? 'questions') }).click();
        setTimeout(() => URL.revokeObjectURL(href), 10_000);
        announce('Exported.');
      });
    return el('span.joined', choose, el('button.button', { onclick: save }, 'Export'));
  }

  async #delete() {
    const text = `“${this.#set.title}” and its questions will be gone.`;
    if (!(await confirmed({ title: 'Delete this set?', text, yes: 'Delete', danger: true }))) return;
    if (await this.#try(() => call(pathOf(this.#set.set_id), { method: 'DELETE' }))) location.hash = '#sets';
  }

  /** Does something that answers with the whole set, then shows it. */
  #change(action, said, ...focus) {
    return this.#try(async () => {
      this.#set = await action();
      this.#drawSet(...focus);
      announce(said);
    });
  }

  #item(item, place) {
    const { set_id: id, questions } = this.#set;
    const path = pathOf(id, 'items', item.id);
    const number = place + 1;
    const card = el('li.card.review-card', { 'data-item': item.id });
    const mine = `[data-item="${item.id}"]`;
    const act = (action, said, ...focus) => {
      for (const other of this.#place.querySelectorAll('.busy-item')) other.classList.remove('busy-item');
      card.classList.add('busy-item');
      return this.#change(action, said, ...focus);
    };
    const move = (by) => {
      const ids = questions.map((one) => one.id);
      ids.splice(place + by, 0, ...ids.splice(place, 1));
      const way = by < 0 ? 'up' : 'down';
      const reorder = () => call(pathOf(id, 'order'), { method: 'PUT', json: { item_ids: ids } });
      void act(reorder, `Question ${number} moved ${way}.`, `${mine} .${way}:enabled`, `${mine} .icon-button:enabled`);
    };
    const arrow = (way, by, off) =>
      el(`button.icon-button.${way}`, { 'aria-label': `Move question ${number} ${way}`, disabled: off, onclick: () => move(by) }, icon(way));
    const button = (words, onclick) => el(`button.button.small.${words.toLowerCase()}`, { onclick, 'aria-label': `${words} question ${number}` }, words);
    const edit = async () => {
      const { editForm } = await import('./edit.js');
      const save = (json) => act(() => call(path, { method: 'PATCH', json }), 'Saved.', `${mine} .edit`);
      card.replaceChildren(editForm(item, number, save, () => this.#drawSet(`${mine} .edit`)));
      card.querySelector('textarea').focus();
    };
    fill(
      card,
      el(
        'div.review-head',
        el('span.review-number', `Question ${number}`),
        el('span.tag', item.difficulty),
        el('span.tag', item.type),
        item.edited && el('span.tag.good', 'edited'),
        el('span.moves', arrow('up', -1, place === 0), arrow('down', 1, place === questions.length - 1)),
      ),
      el('h2.question-text', AUTO, item.question),
      item.options.length ? el('ul.results', ...item.options.map((text, at) => option(text, at, item))) : el('p.answer-text', AUTO, item.answer),
      item.explanation && item.explanation !== item.answer && el('p.explanation', AUTO, item.explanation),
      el(
        'div.review-head',
        passageButton(item.source),
        el('span.moves'),
        button('Edit', edit),
        button('Replace', () => act(() => post(`${path}/regenerate`), `Question ${number} replaced.`, `${mine} .replace`)),
        button('Drop', async () => {
          const sure = await confirmed({ title: `Drop question ${number}?`, text: item.question, yes: 'Drop', danger: true });
          if (sure) await act(() => call(path, { method: 'DELETE' }), `Question ${number} dropped.`, 'h1');
        }),
      ),
    );
    return card;
  }
}

const option = (text, at, item) =>
  el(
    'li',
    { class: `result ${at === item.correct_index ? 'right' : ''}` },
    at === item.correct_index ? icon('check') : el('span.key', LETTERS[at]),
    el('span.option-text', AUTO, text),
    at === item.correct_index && el('span.result-words', 'Right answer'),
  );

const line = (set) =>
  el('li', el('a.line', { href: `#sets/${encodeURIComponent(set.set_id)}` }, el('strong', AUTO, set.title), el('span.hint', factsOf(set))));

const factsOf = (set) =>
  [
    set.mode === 'quiz' ? 'Quiz' : 'Practice',
    counted(set.questions?.length ?? set.delivered, 'question'),
    new Date(set.created_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }),
    set.kept && 'kept',
  ]
    .filter(Boolean)
    .join(' · ');

/** A new title, or nothing. */
function promptFor(title) {
  const field = el('input', { id: 'set-title', maxlength: 200, required: true, value: title, ...AUTO });
  const dialog = el(
    'dialog.dialog',
    { 'aria-label': 'Rename the set' },
    el(
      'form',
      { method: 'dialog' },
      el('div.field', el('label', { for: 'set-title' }, 'Title'), field),
      el(
        'div.dialog-actions',
        el('button.button.quiet', { onclick: () => dialog.close() }, 'Cancel'),
        el('button.button.primary', { type: 'submit', value: 'yes' }, 'Rename'),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  field.select();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes' ? field.value.trim() : '');
    });
  });
}
