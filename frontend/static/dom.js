/** Elements. Text only ever enters the page as text nodes. */

import { ApiError } from './api.js';

/** The element with this id; a missing one is a mistake in index.html. */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!found || (kind && !(found instanceof kind))) throw new Error(`index.html lacks #${id}`);
  return found;
}

export const inputOf = (id) => byId(id, HTMLInputElement);

/** For texts of documents, whose script may run either way. */
export const AUTO = { dir: 'auto' };

/**
 * A new element: `el('p.note', { title: 'x' }, 'text', child)`. Objects are attributes, or listeners where the
 * name starts with "on"; true sets a bare attribute, nothing and false leave it out.
 */
export function el(selector, ...parts) {
  const [tag, ...classes] = selector.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  if (node instanceof HTMLButtonElement) node.type = 'button';
  for (const part of parts) {
    if (part instanceof Node || typeof part === 'string') node.append(part);
    else Object.entries(part || {}).forEach(([name, value]) => setProperty(node, name, value));
  }
  return node;
}

function setProperty(node, name, value) {
  if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
  else if (value === true) node.setAttribute(name, '');
  else if (value !== false && value != null) node.setAttribute(name, String(value));
}

/** Puts other children into an element; what is null or false is left out. */
export const fill = (node, ...parts) => node.replaceChildren(...parts.filter(Boolean));

const ICONS = {
  bin: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.2 10.5v5.5M13.8 10.5v5.5',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M7 7l10 10M17 7L7 17',
  quote: 'M5 6.5h14M5 11h14M5 15.5h8',
  stop: 'M7 7h10v10H7z',
  up: 'M6 14.5l6-6 6 6',
  down: 'M6 9.5l6 6 6-6',
  print: 'M7 8.5V4h10v4.5M7 17H4.5V8.5h15V17H17M7 14h10v6H7z',
  left: 'M14.5 5.5L8 12l6.5 6.5',
  right: 'M9.5 5.5L16 12l-6.5 6.5',
};

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** A decorative line icon. */
export const icon = (name) =>
  svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true', class: 'icon' }, svg('path', { d: ICONS[name] }));

/** A text in pieces, those inside highlighted. */
export const highlighted = (pieces) => pieces.map(({ text, inside }) => (inside ? el('mark', text) : text));

/** Says something to people who listen to the page. Emptied first, so that a repeat is heard too. */
export function announce(message) {
  const live = byId('live');
  live.textContent = '';
  setTimeout(() => {
    live.textContent = message;
  }, 60);
}

/** Moves focus to a heading (or another element outside the tab order) and brings it into view. */
export function focusOn(target) {
  if (!target.hasAttribute('tabindex')) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  const top = target.getBoundingClientRect().top;
  if (top < 72 || top > innerHeight - 120) scrollTo({ top: top + scrollY - 96 });
}

/** A message box for what went wrong; spoken at once. */
export function problemBox(cause, retry) {
  const error = cause instanceof ApiError ? cause : new ApiError(cause.message ?? String(cause));
  return el(
    'div.notice.notice-bad',
    { role: 'alert' },
    el('p', error.message, error.retryAfter ? ` Try again in ${error.retryAfter} s.` : ''),
    error.status >= 500 && error.requestId && el('p.reference', `Reference ${error.requestId}`),
    retry && el('button.button.small', { onclick: retry }, 'Try again'),
  );
}

/** Asks before something that cannot be undone. */
export function confirmed({ title, text, yes, danger = false }) {
  const dialog = byId('confirm', HTMLDialogElement);
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  const button = byId('confirm-yes');
  button.textContent = yes;
  button.className = danger ? 'button danger' : 'button primary';
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
