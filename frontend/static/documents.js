/** The documents on the server as this page knows them, kept fresh while any is being worked on. */

import { deleteDocument, listDocuments } from './api.js';

const PAGE = 50;
const BUSY_MS = 500;
const HIDDEN_MS = 5000;
const LONGEST_WAIT_MS = 8000;

/** @param {Doc} doc */
export const isActive = (doc) => doc.status === 'queued' || doc.status === 'started';

/** Fires "change" after every answer, and "settled" (detail: the document) when one is finished or failed. */
export class Documents extends EventTarget {
  /** @type {Doc[]} */
  items = [];
  total = 0;
  search = '';
  loaded = false;
  /** @type {unknown} */
  problem = null;

  #pages = 1;
  #asked = 0;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Ids seen at work, so that their end can be told. @type {Set<string>} */
  #working = new Set();

  constructor() {
    super();
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.refresh();
    });
  }

  /** @param {string} search */
  async find(search) {
    this.search = search;
    this.#pages = 1;
    await this.refresh();
  }

  async showMore() {
    this.#pages += 1;
    await this.refresh();
  }

  /** @param {Doc} doc */
  async remove(doc) {
    await deleteDocument(doc.document_id);
    this.#working.delete(doc.document_id);
    this.items = this.items.filter((item) => item.document_id !== doc.document_id);
    this.total = Math.max(0, this.total - 1);
    this.dispatchEvent(new Event('change'));
    await this.refresh();
  }

  /** Asks the server now; an answer that a newer question has overtaken is dropped. */
  async refresh() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    try {
      const pages = await Promise.all(Array.from({ length: this.#pages }, (_, page) => this.#page(page)));
      if (asked !== this.#asked) return;
      this.#accept(
        pages.flatMap((page) => page.items),
        pages[0].total,
      );
    } catch (cause) {
      if (asked !== this.#asked) return;
      this.problem = cause;
      this.#failures += 1;
    }
    this.#schedule();
    this.dispatchEvent(new Event('change'));
  }

  /** @param {number} page */
  #page(page) {
    return listDocuments({ offset: page * PAGE, limit: PAGE, search: this.search });
  }

  /**
   * @param {Doc[]} items
   * @param {number} total
   */
  #accept(items, total) {
    this.items = items;
    this.total = total;
    this.loaded = true;
    this.problem = null;
    this.#failures = 0;
    for (const doc of items) {
      if (isActive(doc)) this.#working.add(doc.document_id);
      else if (this.#working.delete(doc.document_id)) {
        this.dispatchEvent(new CustomEvent('settled', { detail: doc }));
      }
    }
  }

  #schedule() {
    if (this.problem) {
      const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (this.#failures - 1));
      this.#timer = setTimeout(() => this.refresh(), wait);
    } else if (this.items.some(isActive)) {
      this.#timer = setTimeout(() => this.refresh(), document.hidden ? HIDDEN_MS : BUSY_MS);
    }
  }
}
