/** The documents on the server as this page knows them, kept fresh while any is being worked on. */

import { call, documentPath, follow, listDocuments, post } from './api.js';

const PAGE = 50;
const BUSY_MS = 500;
const CALM_MS = 5000;
const LONGEST_WAIT_MS = 8000;
const DEAF_MS = 30_000;
/** Most documents to follow by events: a browser has six connections to a server, over all its tabs. */
const FOLLOWED = 2;

export const isActive = (doc) => doc.status === 'queued' || doc.status === 'started';

/** Fires "change" at all news, and "settled" (detail: the document) when one has ended. */
export class Documents extends EventTarget {
  items = [];
  total = 0;
  search = '';
  loaded = false;
  problem = null;

  #pages = 1;
  #asked = 0;
  #failures = 0;
  #timer;
  /** Ids seen at work, so that their end can be told. */
  #working = new Set();
  #streams = new Map();
  /** Until when to ask instead, as events do not come through. */
  #deafUntil = 0;

  constructor() {
    super();
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#schedule();
      else void this.refresh();
    });
  }

  async find(search) {
    this.search = search;
    this.#pages = 1;
    await this.refresh();
  }

  async showMore() {
    this.#pages += 1;
    await this.refresh();
  }

  async remove(doc) {
    await call(documentPath(doc.document_id), { method: 'DELETE' });
    this.#working.delete(doc.document_id);
    this.items = this.items.filter((item) => item.document_id !== doc.document_id);
    this.total = Math.max(0, this.total - 1);
    this.dispatchEvent(new Event('change'));
    await this.refresh();
  }

  async stopOrRetry(doc) {
    this.#hear(await post(`${documentPath(doc.document_id)}/${isActive(doc) ? 'stop' : 'retry'}`));
    await this.refresh();
  }

  /** Asks the server now; an answer that a newer question has overtaken is dropped. */
  async refresh() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    try {
      const pages = await Promise.all(Array.from({ length: this.#pages }, (_, page) => this.#page(page)));
      if (asked !== this.#asked) return;
      this.total = pages[0].total;
      this.#accept(pages.flatMap((page) => page.items));
    } catch (cause) {
      if (asked !== this.#asked) return;
      this.problem = cause;
      this.#failures += 1;
    }
    this.#schedule();
    this.dispatchEvent(new Event('change'));
  }

  #page(page) {
    return listDocuments({ offset: page * PAGE, limit: PAGE, search: this.search });
  }

  #accept(items) {
    this.items = items;
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

  /** News of one document. */
  #hear(doc) {
    this.#accept(this.items.map((item) => (item.document_id === doc.document_id ? doc : item)));
    this.#schedule();
    this.dispatchEvent(new Event('change'));
  }

  #schedule() {
    clearTimeout(this.#timer);
    const active = this.items.filter(isActive);
    const told = this.#listen(active);
    if (!this.problem && active.length === 0) return;
    const wait = this.problem ? Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (this.#failures - 1)) : BUSY_MS;
    // Asked now and then even so: a proxy may keep events back.
    this.#timer = setTimeout(() => this.refresh(), told || document.hidden ? CALM_MS : wait);
  }

  /** Whether events tell of all that is at work. */
  #listen(active) {
    const told = active.length <= FOLLOWED && !document.hidden && !this.problem && Date.now() > this.#deafUntil;
    const wanted = new Set(told ? active.map((doc) => doc.document_id) : []);
    for (const [id, stream] of this.#streams) {
      if (wanted.delete(id)) continue;
      stream.close();
      this.#streams.delete(id);
    }
    for (const id of wanted) {
      const ended = () => {
        this.#deafUntil = Date.now() + DEAF_MS;
        void this.refresh();
      };
      this.#streams.set(
        id,
        follow(id, (doc) => this.#hear(doc), ended),
      );
    }
    return told;
  }
}
