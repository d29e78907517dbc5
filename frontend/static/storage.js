/** What this browser remembers, where it lets us. */

const PREFIX = 'quaestio.';

/** @param {string} key @returns {any} null where nothing usable is kept */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} key @param {unknown} value null forgets */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // What is on the screen stays.
  }
}
