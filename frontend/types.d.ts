/** Shapes that several modules share. For editors and type checkers; the browser never loads this. */

interface Doc {
  document_id: string;
  job_id: string;
  filename: string;
  title: string | null;
  status: 'queued' | 'started' | 'finished' | 'failed' | 'stopped';
  stage: string;
  progress: number;
  done: number;
  total: number;
  /** What `done` and `total` count. */
  unit: '' | 'pages' | 'bytes' | 'passages';
  /** Nobody works on it yet. */
  waiting: boolean;
  /** Units per second. */
  rate: number | null;
  seconds_left: number | null;
  pages: number | null;
  chunks: number;
  size: number;
  created_at: string;
  warning: string | null;
  error: { code: string; message: string } | null;
}

interface Accepted {
  document_id?: string;
  filename: string;
  duplicate_of?: string | null;
  error?: { code: string; message: string } | null;
}

interface Source {
  document_id: string;
  filename: string;
  page: number | null;
  heading: string | null;
  chunk_id: string;
  quote: string;
}

interface Question {
  question: string;
  answer: string;
  explanation: string;
  type: string;
  difficulty: string;
  /** Four texts without letters in a quiz, none in practice. */
  options: string[];
  correct_index: number | null;
  source: Source;
}

interface QuestionRequest {
  topic: string | null;
  document_ids: string[] | null;
  count: number;
  mode: 'practice' | 'quiz';
}

interface QuestionSet {
  mode: 'practice' | 'quiz';
  requested: number;
  delivered: number;
  shortfall: string | null;
  model: string;
  timings: { total_ms: number };
  questions: Question[];
}

interface PassageText {
  document_id: string;
  filename: string;
  page: number | null;
  heading: string | null;
  before: string;
  text: string;
  after: string;
}

interface Found {
  document_id: string;
  filename: string;
  title: string | null;
  page: number | null;
  chunk_id: string;
  text: string;
  score: number;
}

/** A file on its way to the server. */
interface Upload {
  key: number;
  name: string;
  /** Share sent, 0..1. */
  sent: number;
  state: 'waiting' | 'sending' | 'refused' | 'duplicate';
  message: string;
}

/** What one line of the library shows. */
interface Row {
  file: string;
  name: string;
  note: string;
  tone: '' | 'bad' | 'warn';
  progress: number | null;
  /** What the button beside it does, and what the one below it says (empty: there is none). */
  action: string;
  press: () => void;
  also: '' | 'Stop' | 'Retry';
  pressToo?: () => void;
}

/** Working through a set. Kept in the browser, so plain data only. */
interface Run {
  set: QuestionSet;
  request: QuestionRequest;
  /** Questions of this set and of those before it. */
  seen: string[];
  /** Indices of the questions in play. */
  order: number[];
  position: number;
  done: boolean;
  /** The option chosen, by index of the question. */
  choices: Record<number, number>;
  notes: Record<number, string>;
  revealed: Record<number, boolean>;
  /** What a person said of an open question after seeing its answer. */
  known: Record<number, boolean>;
}

/** A stretch of text; `end` is exclusive. */
interface Stretch {
  start: number;
  end: number;
}

interface Piece {
  text: string;
  inside: boolean;
}

interface ReviewActions {
  onRound: (order: number[]) => void;
  onMore: (button: HTMLButtonElement, place: HTMLElement) => void;
}
