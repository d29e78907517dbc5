/** What this browser remembers, where it lets us; in `sessionStorage` until the tab is closed. */

const PREFIX = 'quaestio.';

/** null where nothing usable is kept. */
export function recall(key, place = localStorage) {
  try {
    return JSON.parse(place.getItem(PREFIX + key) ?? 'null');
  } catch {
    return null;
  }
}

/** null forgets. */
export function remember(key, value, place = localStorage) {
  try {
    if (value === null) place.removeItem(PREFIX + key);
    else place.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // What is on the screen stays.
  }
}
