/** The field for a key, or a name and a password, shown when the server wants to know who asks. */

import { el } from './dom.js';
import { recall, remember } from './storage.js';

const FIRST = 'This server needs a key. Whoever runs it can make one for you.';

let open = null;
let declined = false;
addEventListener('click', () => (declined = false), true);

/** Whether a key was given; asked once, however many requests wait for it, and after a no only once more is done. */
export function askKey(reason) {
  if (declined) return Promise.resolve(false);
  open ??= ask(reason).then((given) => {
    open = null;
    declined = !given;
    return given;
  });
  return open;
}

const input = (id, type, complete) => el('input', { id, type, autocomplete: complete, autofocus: id === 'key' });
const labelled = (words, field, hint) => el('div.field', el('label', { for: field.id }, words), field, hint && el('p.hint', hint));

function ask(reason) {
  const key = input('key', 'password', 'off');
  const name = input('login-name', 'text', 'username');
  const password = input('login-password', 'password', 'current-password');
  const said = el('p', { role: 'alert' }, recall('key', sessionStorage) ? reason : FIRST);
  const use = el('button.button.primary', { type: 'submit' }, 'Use this key');
  const login = el(
    'details.more-options',
    { ontoggle: () => { use.textContent = login.open ? 'Log in' : 'Use this key'; } },
    el('summary', 'I have a name and a password'),
    labelled('Name', name),
    labelled('Password', password),
  );
  const submit = async (event) => {
    event.preventDefault();
    try {
      const given = login.open ? await tokenFor(name.value.trim(), password.value) : key.value.trim();
      if (!given) return (login.open ? name : key).focus();
      remember('key', given, sessionStorage);
      dialog.close('given');
    } catch (cause) {
      said.textContent = cause.message;
    }
  };
  const dialog = el(
    'dialog.dialog',
    { 'aria-labelledby': 'key-title' },
    el(
      'form',
      { method: 'dialog', onsubmit: submit },
      el('h2', { id: 'key-title' }, 'A key is needed'),
      said,
      labelled('Your key', key, 'Kept until this tab is closed. It is sent to this server alone.'),
      login,
      el('div.dialog-actions', el('button.button.quiet', { onclick: () => dialog.close() }, 'Cancel'), use),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'given');
    });
  });
}

/** What stands for a login from now on; nothing without a name. Past api.js, which would ask for a key again. */
async function tokenFor(username, password) {
  if (!username) return '';
  const answer = await fetch('/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password }),
  }).catch(() => null);
  const body = await answer?.json().catch(() => null);
  if (!answer?.ok) throw new Error(body?.message ?? 'Quaestio does not answer. Check that it is still running, then try again.');
  return body.access_token;
}
