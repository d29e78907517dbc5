/** One line of the library. Updated in place: a button that is replaced under the pointer loses its click. */

import { AUTO, el, icon } from './dom.js';
import { isActive } from './documents.js';
import { counted, extension, formatBytes, paceText, stageText } from './text.js';

export const nameOf = (doc) => doc.title?.trim() || doc.filename;

export function rowOfDocument(doc, press, pressToo) {
  const failed = doc.status === 'failed' || doc.status === 'stopped';
  const active = isActive(doc);
  return {
    file: doc.filename,
    name: nameOf(doc),
    note: noteOf(doc),
    tone: failed ? 'bad' : doc.warning && !active ? 'warn' : '',
    progress: active ? doc.progress : null,
    action: `Delete ${nameOf(doc)}`,
    press,
    also: active ? 'Stop' : failed ? 'Retry' : '',
    pressToo,
  };
}

export function rowOfUpload(upload, press) {
  const underWay = upload.state === 'sending' || upload.state === 'waiting';
  const words = upload.state === 'waiting' ? 'Waiting to upload' : `Uploading · ${Math.round(upload.sent * 100)} %`;
  return {
    file: upload.name,
    name: upload.name,
    note: underWay ? words : upload.message,
    tone: upload.state === 'refused' ? 'bad' : '',
    progress: underWay ? upload.sent : null,
    action: underWay ? `Stop uploading ${upload.name}` : `Dismiss the message about ${upload.name}`,
    press,
    also: '',
  };
}

function noteOf(doc) {
  if (doc.status === 'failed') return doc.error?.message ?? 'This file could not be read.';
  if (doc.status === 'stopped') return 'Stopped before it was ready.';
  if (isActive(doc)) return [stageText(doc), paceText(doc)].filter(Boolean).join(' · ');
  const facts = [doc.pages ? counted(doc.pages, 'page') : counted(doc.chunks, 'passage'), formatBytes(doc.size)];
  const line = facts.join(' · ');
  return doc.warning ? `${line}. ${doc.warning}` : line;
}

/** The list item that shows a row. */
export class DocumentRow {
  node = el('li.document');
  #badge = el('span.badge', { 'aria-hidden': 'true' });
  #name = el('p.document-name', AUTO);
  #bar = el('progress', { max: 1, value: 0 });
  #note = el('p.document-note', AUTO);
  #button = el('button.icon-button', { onclick: () => this.#row?.press() });
  #also = el('button.button.quiet.small', { onclick: () => this.#row?.pressToo?.() });
  #row;

  constructor() {
    this.node.append(this.#badge, el('div.document-text', this.#name, this.#bar, this.#note, this.#also), this.#button);
  }

  show(row) {
    this.node.className = `document ${row.tone}`;
    this.#badge.textContent = extension(row.file);
    this.#name.textContent = row.name;
    this.#name.title = row.file;
    this.#note.textContent = row.note;
    this.#bar.hidden = row.progress === null;
    this.#bar.value = row.progress ?? 0;
    this.#bar.setAttribute('aria-label', `Progress of ${row.name}`);
    if (this.#button.title !== row.action) {
      this.#button.title = row.action;
      this.#button.setAttribute('aria-label', row.action);
      this.#button.replaceChildren(icon(row.action.startsWith('Delete') ? 'bin' : 'close'));
    }
    this.#also.hidden = !row.also;
    this.#also.textContent = row.also;
    this.#also.setAttribute('aria-label', `${row.also} ${row.name}`);
    this.#row = row;
  }
}
