/** Puts the page together. */

import { nameOf } from './document-row.js';
import { Documents } from './documents.js';
import { AUTO, byId, el, focusOn } from './dom.js';
import { acceptDrops } from './drop.js';
import { Generate, makeMore } from './generate.js';
import { Library } from './library.js';
import { preparePassage } from './passage.js';
import { Picker } from './picker.js';
import { preparePrint } from './print.js';
import { startRun } from './runs.js';
import { prepareSearch } from './search.js';
import { recall } from './storage.js';
import { Study } from './study.js';
import { Uploads } from './uploads.js';

const documents = new Documents();
const uploads = new Uploads();
new Library(documents, uploads);

const study = new Study({ onNew: showForm, onMore: openMore });
const generate = new Generate(new Picker(documents), (set, request) => openRun(startRun(set, request)));

acceptDrops((files) => uploads.add(files));
preparePassage();
preparePrint(() => study.run);
prepareSearch((topic) => {
  generate.setTopic(topic);
  location.hash = '#questions';
  showForm();
});

function openRun(run) {
  showStudy(true);
  study.open(run);
}

async function openMore(run) {
  const set = await makeMore(run.request, run.seen);
  if (set.questions.length === 0) return false;
  openRun(startRun(set, run.request, run.seen));
  return true;
}

function showForm() {
  study.close();
  showStudy(false);
  focusOn(byId('compose-title'));
}

function showStudy(on) {
  byId('compose').hidden = on;
  byId('study').hidden = !on;
  document.body.classList.toggle('studying', on);
}

function showView() {
  const wanted = location.hash === '#search' ? 'search' : 'questions';
  byId('view-questions').hidden = wanted !== 'questions';
  byId('view-search').hidden = wanted !== 'search';
  for (const link of document.querySelectorAll('[data-view]')) {
    if (link.dataset.view === wanted) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (wanted === 'search') byId('search-input').focus();
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
try {
  if (kept) study.resume(kept);
  showStudy(kept !== null);
} catch {
  // Kept by another version of this page: better a fresh form than no page.
  study.close();
}
showView();
void documents.refresh();
