/** Which documents something comes from: all, or those ticked. */

import { nameOf } from './document-row.js';
import { AUTO, el } from './dom.js';

export class Picker {
  #documents;
  /** Ids stay chosen while the library shows only what a search found. */
  #chosen = new Set();
  #list = el('ul.picker-list');
  #words = el('span');
  #some;
  #drawn = '';

  constructor(documents, name) {
    this.#documents = documents;
    const box = el('div.picker', { hidden: true }, this.#list);
    const radio = (value, ...more) =>
      el('input', { type: 'radio', name: `scope-${name}`, value, onchange: () => (box.hidden = !this.#some.checked) }, ...more);
    this.#some = radio('chosen');
    this.node = el(
      'fieldset.scope',
      el('legend', 'Documents'),
      el(
        'div.segmented',
        el('label', radio('all', { checked: true }), el('span', 'All documents')),
        el('label', this.#some, this.#words),
      ),
      box,
    );
    documents.addEventListener('change', () => this.#draw());
    this.#draw();
  }

  /** null for all documents. */
  get documentIds() {
    return this.#some.checked ? [...this.#chosen] : null;
  }

  #draw() {
    this.#forgetDeleted();
    this.#label();
    const ready = this.#documents.items.filter((doc) => doc.status === 'finished');
    const drawn = JSON.stringify(ready.map((doc) => [doc.document_id, nameOf(doc)]));
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#list.replaceChildren(...ready.map((doc) => el('li', this.#box(doc))));
    if (ready.length === 0) this.#list.append(el('li.empty', 'No document is ready yet.'));
  }

  #forgetDeleted() {
    const { loaded, search, items, total } = this.#documents;
    if (!loaded || search || items.length < total) return;
    const there = new Set(items.map((doc) => doc.document_id));
    for (const id of this.#chosen) if (!there.has(id)) this.#chosen.delete(id);
  }

  #box({ document_id: id, ...doc }) {
    const input = el('input', { type: 'checkbox', checked: this.#chosen.has(id) });
    input.addEventListener('change', () => {
      this.#chosen[input.checked ? 'add' : 'delete'](id);
      this.#label();
    });
    return el('label.pick', input, el('span', AUTO, nameOf(doc)));
  }

  #label() {
    this.#words.textContent = this.#chosen.size ? `Only chosen (${this.#chosen.size})` : 'Only chosen ones';
  }
}
