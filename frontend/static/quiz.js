/** A multiple-choice question. */

import { AUTO, el, icon } from './dom.js';
import { passageButton } from './passage.js';
import { isAnswered, isRight, LETTERS } from './runs.js';

export function quizQuestion(run, index, onChoice) {
  const { question, options } = run.set.questions[index];
  return el(
    'fieldset.question',
    el('legend.question-text', AUTO, question),
    el(
      'div.options',
      ...options.map((text, choice) => {
        const input = el('input', {
          type: 'radio',
          name: `question-${index}`,
          value: choice,
          checked: run.choices[index] === choice,
          onchange: () => onChoice(choice),
        });
        return el(
          'label.option',
          input,
          el('span.key', { 'aria-hidden': 'true' }, LETTERS[choice]),
          el('span.option-text', AUTO, text),
        );
      }),
    ),
  );
}

export function quizResult(run, index) {
  const item = run.set.questions[index];
  const chosen = run.choices[index];
  const words = isRight(run, index) ? 'Right' : isAnswered(run, index) ? 'Wrong' : 'Not answered';
  return {
    words,
    right: isRight(run, index),
    parts: [
      el('h3.question-text', AUTO, item.question),
      el('ul.results', ...item.options.map((text, choice) => optionResult(text, choice, item.correct_index, chosen))),
      item.explanation && el('p.explanation', AUTO, item.explanation),
      passageButton(item.source),
    ],
  };
}

function optionResult(text, choice, correct, chosen) {
  const right = choice === correct;
  const wrong = choice === chosen && !right;
  const chosenRight = right && choice === chosen;
  const words = chosenRight ? 'Your answer, right' : right ? 'Right answer' : wrong ? 'Your answer' : '';
  return el(
    'li',
    { class: `result ${right ? 'right' : ''} ${wrong ? 'wrong' : ''}` },
    right || wrong ? icon(right ? 'check' : 'cross') : el('span.key', LETTERS[choice]),
    el('span.option-text', AUTO, text),
    words && el('span.result-words', words),
  );
}
