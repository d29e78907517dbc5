/** Puts the page together. */

import { ApiError, call } from './api.js';
import { nameOf } from './document-row.js';
import { Documents } from './documents.js';
import { AUTO, byId, el, focusOn, problemBox } from './dom.js';
import { acceptDrops } from './drop.js';
import { Generate, makeMore } from './generate.js';
import { Library } from './library.js';
import { preparePassage } from './passage.js';
import { Picker } from './picker.js';
import { startRun } from './runs.js';
import { recall } from './storage.js';
import { Uploads } from './uploads.js';

const documents = new Documents();
const uploads = new Uploads();
new Library(documents, uploads);

const generate = new Generate(new Picker(documents, 'form'), (set, request) => openRun(startRun(set, request)));

acceptDrops((files) => uploads.add(files));
preparePassage();

/** Working through a set: loaded with the first one. */
let studying = null;
const study = () => (studying ??= loadStudy());

async function loadStudy() {
  const [{ Study }, { preparePrint }] = await Promise.all([import('./study.js'), import('./print.js')]);
  const made = new Study({ onNew: showForm, onMore: openMore });
  preparePrint(() => made.run);
  return made;
}

/** Views are loaded when they are first shown; each answers what shows it again. */
const views = {
  questions: () => null,
  search: async () => {
    const { prepareSearch } = await import('./search.js');
    prepareSearch((topic) => {
      generate.setTopic(topic);
      location.hash = '#questions';
      showForm();
    });
    return () => byId('search-input').focus();
  },
  ask: async (place) => {
    const { Ask } = await import('./ask.js');
    const ask = new Ask(place, documents);
    return () => ask.focus();
  },
  sets: async (place) => {
    const { Sets } = await import('./sets.js');
    const sets = new Sets(place, (set) => {
      location.hash = '#questions';
      openRun(startRun(set, { topic: set.title, document_ids: set.document_ids, count: set.questions.length, mode: set.mode }));
    });
    return (id) => sets.show(id);
  },
  status: async (place) => {
    const { Status } = await import('./status.js');
    const status = new Status(place, documents);
    return () => status.refresh();
  },
};
const UNLOADED = 'This part of the page could not be loaded. Check that Quaestio is still running, then try again.';

/** Once the server answers: a browser does not ask again for a module that it could not load. */
const reload = () => call('/health/live').then(() => location.reload(), showView);

/** Shows a view again, by name. */
const opened = {};

async function openRun(run) {
  const place = await study();
  showStudy(true);
  place.open(run);
}

async function openMore(run) {
  const set = await makeMore(run.request, run.seen);
  if (set.questions.length === 0) return false;
  await openRun(startRun(set, run.request, run.seen));
  return true;
}

function showForm() {
  studying?.then((place) => place.close());
  showStudy(false);
  focusOn(byId('compose-title'));
}

function showStudy(on) {
  byId('compose').hidden = on;
  byId('study').hidden = !on;
  document.body.classList.toggle('studying', on);
}

async function showView() {
  const [name, id] = location.hash.slice(1).split('/');
  if (name === 'library') return;
  const wanted = name in views ? name : 'questions';
  const place = byId(`view-${wanted}`);
  for (const view of Object.keys(views)) byId(`view-${view}`).hidden = view !== wanted;
  for (const link of document.querySelectorAll('[data-view]')) {
    if (link.dataset.view === wanted) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  place.querySelector(':scope > .unloaded')?.remove();
  try {
    opened[wanted] ??= views[wanted](place);
    (await opened[wanted])?.(id && decodeURIComponent(id));
  } catch {
    delete opened[wanted];
    place.append(el('div.unloaded', problemBox(new ApiError(UNLOADED), reload)));
  }
}

function welcome() {
  const [only] = documents.items;
  const { loaded, total, search } = documents;
  const one = total === 1 && only?.status === 'finished';
  const none = loaded && total === 0;
  const box = byId('welcome');
  box.hidden = search !== '' || !(one || none);
  if (none) box.replaceChildren(el('strong', 'Start with a document. '), 'Add a file to the library.');
  else if (one) {
    box.replaceChildren(
      el('strong', 'Ready to try. '),
      'Your library holds ',
      el('strong', AUTO, nameOf(only)),
      ', so Generate works right away. Add your own files whenever you like.',
    );
  }
}

documents.addEventListener('change', welcome);
addEventListener('hashchange', showView);

const kept = recall('run');
if (kept) {
  const place = await study();
  try {
    place.resume(kept);
    showStudy(true);
  } catch {
    // Kept by another version of this page: better a fresh form than no page.
    place.close();
  }
}
void showView();
await documents.refresh();
if (documents.loaded) {
  const { offerStores } = await import('./migrate.js');
  await offerStores(byId('stores'), () => documents.refresh()).catch(() => null);
}
