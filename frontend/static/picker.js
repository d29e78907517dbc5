/** Which documents questions come from. */

import { nameOf } from './document-row.js';
import { AUTO, byId, el, inputOf } from './dom.js';

export class Picker {
  #documents;
  /** Ids stay chosen while the library shows only what a search found. */
  #chosen = new Set();
  #list = el('ul.picker-list');
  #drawn = '';

  constructor(documents) {
    this.#documents = documents;
    byId('picker').append(this.#list);
    for (const id of ['scope-all', 'scope-chosen']) {
      byId(id).addEventListener('change', () => {
        byId('picker').hidden = this.documentIds === null;
      });
    }
    documents.addEventListener('change', () => this.#draw());
    this.#draw();
  }

  get documentIds() {
    return inputOf('scope-chosen').checked ? [...this.#chosen] : null;
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
      if (input.checked) this.#chosen.add(id);
      else this.#chosen.delete(id);
      this.#label();
    });
    return el('label.pick', input, el('span', AUTO, nameOf(doc)));
  }

  #label() {
    byId('scope-label').textContent = this.#chosen.size ? `Only chosen (${this.#chosen.size})` : 'Only chosen ones';
  }
}
