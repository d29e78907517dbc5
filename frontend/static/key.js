/** The field for a key, shown when the server wants one. */

import { el } from './dom.js';
import { recall, remember } from './storage.js';

const FIRST = 'This server needs a key. Whoever runs it can make one for you.';

let open = null;

/** Whether a key was given; asked once, however many requests wait for it. */
export function askKey(reason) {
  open ??= ask(reason).finally(() => {
    open = null;
  });
  return open;
}

function ask(reason) {
  const field = el('input', { id: 'key', type: 'password', autocomplete: 'off', required: true, autofocus: true });
  const dialog = el(
    'dialog.dialog',
    { 'aria-labelledby': 'key-title' },
    el(
      'form',
      { method: 'dialog' },
      el('h2', { id: 'key-title' }, 'A key is needed'),
      el('p', { role: 'alert' }, recall('key', sessionStorage) ? reason : FIRST),
      el('div.field', el('label', { for: 'key' }, 'Your key'), field),
      el('p.hint', 'Kept until this tab is closed. It is sent to this server alone.'),
      el(
        'div.dialog-actions',
        el('button.button.quiet', { onclick: () => dialog.close() }, 'Cancel'),
        el('button.button.primary', { type: 'submit', value: 'yes' }, 'Use this key'),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      const given = dialog.returnValue === 'yes' && field.value.trim();
      if (given) remember('key', given, sessionStorage);
      dialog.remove();
      resolve(Boolean(given));
    });
  });
}
