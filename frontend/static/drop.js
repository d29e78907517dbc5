/** Files dropped anywhere on the page, folders included. */

import { byId } from './dom.js';

const carriesFiles = (event) => event.dataTransfer?.types.includes('Files') ?? false;

/** All files below an entry of a drop. */
async function filesBelow(entry) {
  if (entry.isFile) {
    const file = entry;
    return [await new Promise((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return files;
    for (const child of some) {
      if (!child.name.startsWith('.')) files.push(...(await filesBelow(child)));
    }
  }
}

async function droppedFiles(transfer) {
  // Entries must be taken before the first await: the browser empties the list afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  return (await Promise.all(entries.map(filesBelow))).flat();
}

export function acceptDrops(onFiles) {
  const overlay = byId('drop-overlay');
  addEventListener('dragenter', (event) => {
    overlay.hidden = !carriesFiles(event);
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) overlay.hidden = true;
  });
  addEventListener('dragover', (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  addEventListener('drop', async (event) => {
    overlay.hidden = true;
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    onFiles(await droppedFiles(event.dataTransfer));
  });
}
