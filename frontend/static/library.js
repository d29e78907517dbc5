/** The library on the page. */

import { DocumentRow, nameOf, rowOfDocument, rowOfUpload } from './document-row.js';
import { announce, byId, confirmed, el, focusOn, inputOf, problemBox } from './dom.js';
import { counted } from './text.js';

const SEARCH_FROM = 8;
const TYPING_PAUSE_MS = 200;

export class Library {
  #documents;
  #uploads;
  #rows = new Map();

  constructor(documents, uploads) {
    this.#documents = documents;
    this.#uploads = uploads;
    documents.addEventListener('change', () => this.#drawDocuments());
    documents.addEventListener('settled', (event) => tellEnd(event.detail));
    uploads.addEventListener('change', () => this.#drawUploads());
    this.#listen();
    this.#drawDocuments();
    this.#drawUploads();
  }

  #listen() {
    const files = inputOf('files');
    files.addEventListener('change', () => {
      this.#uploads.add(files.files ?? []);
      files.value = '';
    });
    const filter = inputOf('library-filter');
    let pause;
    filter.addEventListener('input', () => {
      clearTimeout(pause);
      pause = setTimeout(() => this.#documents.find(filter.value.trim()), TYPING_PAUSE_MS);
    });
    this.#uploads.addEventListener('accepted', () => {
      filter.value = '';
      void this.#documents.find('');
    });
    byId('library-more').addEventListener('click', () => this.#documents.showMore());
  }

  #drawUploads() {
    this.#drawRows(
      byId('uploads'),
      this.#uploads.items.map((upload) => [
        `upload-${upload.key}`,
        rowOfUpload(upload, () => this.#dismiss(upload.key)),
      ]),
    );
  }

  #drawDocuments() {
    const { items, total, search, loaded } = this.#documents;
    this.#drawRows(
      byId('documents'),
      items.map((doc) => [
        doc.document_id,
        rowOfDocument(
          doc,
          () => this.#remove(doc),
          () => this.#try(() => this.#documents.stopOrRetry(doc)),
        ),
      ]),
    );
    byId('library-count').textContent = loaded && total > 0 ? counted(total, 'document') : '';
    byId('library-search').hidden = total <= SEARCH_FROM && search === '';
    byId('library-more').hidden = items.length >= total;
    this.#drawState();
  }

  #drawState() {
    const { items, search, loaded, problem } = this.#documents;
    const state = byId('library-state');
    const resting = loaded ? (items.length ? '' : `empty ${search}`) : 'loading';
    const kind = problem ? `problem ${problem}` : resting;
    if (state.dataset.kind === kind) return;
    state.dataset.kind = kind;
    state.replaceChildren();
    if (problem) state.append(problemBox(problem, () => this.#documents.refresh()));
    else if (!loaded) state.append(...[0, 1, 2].map(() => el('div.skeleton')));
    else if (items.length === 0) state.append(emptyText(search));
  }

  /** Keeps the row of each key in place, so that focus and what is being read aloud stay put. */
  #drawRows(list, rows) {
    const nodes = rows.map(([key, row]) => {
      const line = this.#rows.get(key) ?? new DocumentRow();
      this.#rows.set(key, line);
      line.node.dataset.key = key;
      line.show(row);
      return line.node;
    });
    for (const old of [...list.children]) {
      if (nodes.includes(old)) continue;
      this.#rows.delete(old.dataset.key ?? '');
      old.remove();
    }
    nodes.forEach((node, place) => {
      if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
    });
    list.hidden = nodes.length === 0;
  }

  #dismiss(key) {
    this.#uploads.dismiss(key);
    focusOn(byId('library-title'));
  }

  async #remove(doc) {
    const sure = await confirmed({
      title: 'Delete this document?',
      text: `“${nameOf(doc)}” and everything made from it will be gone. Your original file is not touched.`,
      yes: 'Delete',
      danger: true,
    });
    if (!sure) return;
    await this.#try(async () => {
      await this.#documents.remove(doc);
      announce(`${nameOf(doc)} deleted.`);
      focusOn(byId('library-title'));
    });
  }

  async #try(action) {
    try {
      await action();
    } catch (cause) {
      byId('library-state').dataset.kind = 'refused';
      byId('library-state').replaceChildren(problemBox(cause));
    }
  }
}

function tellEnd(doc) {
  if (doc.status === 'finished') announce(`${nameOf(doc)} is ready.`);
  else if (doc.status === 'failed') announce(`${nameOf(doc)} could not be read. ${doc.error?.message ?? ''}`);
  else announce(`${nameOf(doc)} stopped.`);
}

function emptyText(search) {
  const text = search
    ? `No document is called “${search}”.`
    : 'Nothing here yet. Add a chapter, a paper or a transcript, and questions come from it.';
  return el('p.empty', text);
}
