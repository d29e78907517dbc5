/** Files on their way to the server, a few at a time. */

import { uploadFile } from './api.js';

const AT_ONCE = 2;

/** Fires "change" at every step and "accepted" when the server has taken a file. */
export class Uploads extends EventTarget {
  items = [];

  #key = 0;
  #queue = [];
  #running = 0;
  #stops = new Map();

  add(files) {
    for (const file of files) {
      const upload = { key: ++this.#key, name: file.name, sent: 0, state: 'waiting', message: '' };
      this.items.push(upload);
      this.#queue.push({ upload, file });
    }
    this.#changed();
    this.#pump();
  }

  /** Takes an entry off the list, and stops it if it is still on its way. */
  dismiss(key) {
    this.#stops.get(key)?.abort();
    this.#queue = this.#queue.filter(({ upload }) => upload.key !== key);
    this.items = this.items.filter((upload) => upload.key !== key);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #pump() {
    while (this.#running < AT_ONCE) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#running += 1;
      void this.#send(next.upload, next.file).finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
  }

  async #send(upload, file) {
    const stop = new AbortController();
    this.#stops.set(upload.key, stop);
    upload.state = 'sending';
    this.#changed();
    try {
      const accepted = await uploadFile(file, (share) => this.#sent(upload, share), stop.signal);
      if (accepted.duplicate_of) {
        upload.state = 'duplicate';
        upload.message = 'This file is in your library already.';
      } else {
        this.items = this.items.filter((item) => item !== upload);
      }
      this.dispatchEvent(new CustomEvent('accepted', { detail: upload }));
    } catch (cause) {
      upload.state = 'refused';
      upload.message = cause.message;
    } finally {
      this.#stops.delete(upload.key);
      this.#changed();
    }
  }

  #sent(upload, share) {
    upload.sent = share;
    this.#changed();
  }
}
