/** The form that changes one question of a set. */

import { AUTO, el } from './dom.js';
import { LETTERS } from './runs.js';

/** `onSave(change)` gets what the API takes. */
export function editForm(item, number, onSave, onCancel) {
  const quiz = item.options.length > 0;
  const text = (name, words, value, rows = 2) =>
    el('div.field', el('label', { for: `edit-${name}` }, words), area(name, rows, value));
  const area = (name, rows, value, more) => {
    const field = el('textarea', { ...AUTO, id: `edit-${name}`, name, rows, maxlength: 4000, ...more });
    field.value = value;
    return field;
  };
  const options = item.options.map((value, at) =>
    el(
      'div.edit-option',
      el('input', { type: 'radio', name: 'right', value: at, checked: at === item.correct_index, 'aria-label': `${LETTERS[at]} is the right answer` }),
      area(`option-${at}`, 1, value, { 'aria-label': `Option ${LETTERS[at]}`, required: true }),
    ),
  );
  const save = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const change = { question: data.get('question'), explanation: data.get('explanation'), difficulty: data.get('difficulty') };
    if (quiz) {
      Object.assign(change, { options: LETTERS.map((_, at) => data.get(`option-${at}`)), correct_index: Number(data.get('right')) });
    } else {
      const rubric = data.get('rubric').split('\n').map((point) => point.trim()).filter(Boolean);
      Object.assign(change, { answer: data.get('answer'), rubric });
    }
    void onSave(change);
  };
  return el(
    'form.edit-form',
    { onsubmit: save, 'aria-label': `Edit question ${number}` },
    text('question', 'Question', item.question),
    quiz && el('fieldset.edit-options', el('legend', 'Options, the right one marked'), ...options),
    !quiz && text('answer', 'Model answer', item.answer, 3),
    !quiz && text('rubric', 'Points of a full answer, one a line', item.rubric.join('\n'), 3),
    text('explanation', 'Explanation', item.explanation),
    el(
      'div.field',
      el('label', { for: 'edit-difficulty' }, 'Difficulty'),
      el('select', { id: 'edit-difficulty', name: 'difficulty' }, ...['easy', 'medium', 'hard'].map((one) => el('option', { selected: one === item.difficulty }, one))),
    ),
    el(
      'div.dialog-actions',
      el('button.button.quiet', { onclick: onCancel }, 'Cancel'),
      el('button.button.primary', { type: 'submit' }, 'Save'),
    ),
  );
}
