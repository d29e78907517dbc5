/** A set on paper, the answers on a sheet of their own. */

import { byId, el } from './dom.js';
import { LETTERS } from './runs.js';
import { placeOf } from './text.js';

export function preparePrint(currentRun) {
  addEventListener('beforeprint', () => {
    const run = currentRun();
    document.body.classList.toggle('prints-set', run !== null);
    byId('print-sheet').replaceChildren(...(run ? sheet(run) : []));
  });
  addEventListener('afterprint', () => byId('print-sheet').replaceChildren());
}

function sheet(run) {
  const items = run.order.map((index) => run.set.questions[index]);
  const title = run.request.topic ?? 'Questions';
  return [
    el('h1', title),
    el('ol', ...items.map((item) => el('li', el('p', item.question), ...room(item)))),
    el('h1.answers', 'Answers'),
    el('ol', ...items.map((item) => el('li', el('p', answerOf(item)), el('p.from', placeOf(item.source))))),
  ];
}

function room(item) {
  if (item.options.length === 0) return [el('div.lines')];
  return item.options.map((text, place) => el('p.print-option', `${LETTERS[place]}) ${text}`));
}

const answerOf = (item) =>
  item.correct_index === null ? item.answer : `${LETTERS[item.correct_index]}) ${item.options[item.correct_index]}`;
