"""Clauses turned into questions: inversion, do-support, adjuncts in front."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from . import lexicon as lx
from .clauses import Clause, Span
from .lexicon import words
from .reading import Reading
from .sentences import Sentence
from .verbs import base_of_past, base_of_third

_DROPPED_LEADS = words(
    """
    although though while whereas because since whether unlike like
    """,
)
_BESIDES = ("in addition to ", "along with ", "besides ", "apart from ", "aside from ", "as well as ")
"""What stands beside the subject does not narrow what is said of it."""
OF_PLACE = words(
    """
    anterior posterior lateral medial superior inferior distal proximal dorsal ventral left right internal
    external upper lower inner outer front back top bottom central middle
    """
)
"""Adjectives that say where a thing is, of something that was named before."""
_TIED = words("remaining resulting surrounding final additional further past previous current")
_PAIR = 2
_SAYS_ENOUGH = 2
_YEAR = re.compile(r"1[5-9]\d\d|20[0-4]\d")
_COUNTED = frozenset({"second", "third", "fourth", "fifth", "similar"})
"""What is counted or compared was named before."""
_JOINTS = frozenset({"–", "-", "/", "—"})
"""What joins two words into one where no space stands before it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before selection; ``answer`` stands in the sentence word for word."""

    stem: str
    answer: str
    kind: str
    score: float
    topic: str
    """What it asks about, for variety."""
    sentence: Sentence


_POINTS = re.compile(
    r"\b(?:this|these|those(?! (?:of|who|that|which|in|with))|such(?! as)|thereby|"
    r"the (?:former|latter|above|following)|aforementioned)\b|"
    r"^(?:because of|due to|by|in order to \w+) (?:it|that|them|him|her)$",
    re.IGNORECASE,
)
_QUESTION_WORDS = words(
    "what which where when with does from into have been they were that happens happened used than lead"
)


def points_elsewhere(answer: str) -> bool:
    """Whether an answer speaks of something that only its neighbours in the text name."""
    return _POINTS.search(answer) is not None


_OF_A_CASE = re.compile(
    r"\bexamples?\b|\bthe (?:patient|student|customer|child|reader|viewer|traveler)(?:’s|'s)?\b",
    re.IGNORECASE,
)
LISTS_EXAMPLES = "What are examples of "
_SAYS_NOTHING = re.compile(
    r"an? (?:(?:wide|large|broad|great|vast) )?(?:variety|range|number|lot|host) of \w+$"
)
_WHILE = frozenset({"in", "when", "after", "before"})
_OF_THE_TEXT = words("example instance excerpt passage quote quotation")
_MONTH_ALONE = re.compile(
    r"\w+ (?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_GOES_ON = re.compile(r"\balso\b|^the same\b", re.IGNORECASE)
_CUT_OFF = re.compile(
    r"\bthe (?:way|fact|extent|degree|point|idea)$|"
    r"\bthe (?:way|extent|degree) (?:a|an|the|one|people|that)\b",
    re.IGNORECASE,
)


def sound_case(draft: Draft) -> bool:
    """Whether an item tells of more than one case or person, in an answer that is not cut off."""
    cut = _CUT_OFF.search(draft.answer) or _GOES_ON.search(draft.answer)
    if draft.stem.startswith(LISTS_EXAMPLES):
        return not cut
    return not (cut or _OF_A_CASE.search(f"{draft.stem} {draft.answer}"))


def says_little(stem: str) -> bool:
    """Whether a question names hardly anything: "What do human beings need?"."""
    said = set(re.findall(r"[^\W\d_]{4,}|[A-Z]{2,}|\d+", stem)) - {stem.split(" ", 1)[0]}
    return len([w for w in said if w.lower() not in _QUESTION_WORDS | lx.COMMON_NOUNS]) < _SAYS_ENOUGH


def opening(reading: Reading, clause: Clause) -> str | None:
    """The adjunct to put in front of a question ("In the embryo, "); None where it points elsewhere."""
    start, end = clause.lead
    if start >= end:
        return ""
    first = reading.tokens[start]
    if any(t.low in _OF_THE_TEXT for t in reading.tokens[start:end]):
        return None
    if first.tag == "RB" and end - start == 1:
        return ""
    if end - start == 1:
        return None
    if first.low in _DROPPED_LEADS or reading.plain(clause.lead).lower().startswith(_BESIDES):
        return "" if first.low not in {"because", "since", "like"} else None
    if reading.plain(clause.lead).lower().startswith("as with "):
        return ""
    if end - start > 1 and (
        (reading.tokens[start + 1].tag == "VG" and first.low not in _WHILE)
        or first.low in {"as", "with", "based"}
        or reading.tokens[start + 1].low == "be"
    ):
        return None
    if (
        first.tag not in {"IN", "SB", "TO"}
        or not reading.stands_alone(clause.lead)
        or reading.words(clause.lead) > 10
    ):
        return None
    text = reading.plain(clause.lead)
    if len(text.split()) < 2 or _MONTH_ALONE.fullmatch(text):
        return None
    return text[0].upper() + text[1:] + ", "


def askable(reading: Reading, clause: Clause, *, longest: int = 12) -> bool:
    """Whether the subject can stand in a stem."""
    span = clause.subject
    return (
        not clause.negated
        and _nameable(reading, clause)
        and reading.words(span) <= longest
        and not quantified(reading, span)
        and reading.stands_alone(span)
    )


def _nameable(reading: Reading, clause: Clause) -> bool:
    """A subject of letters or shares only ("P", "the remaining 0.6 percent") is no subject for a question."""
    head = reading.tokens[clause.head]
    if head.low in {
        "example",
        "examples",
        "instance",
        "instances",
        "context",
        "case",
        "cases",
        "version",
        "discussion",
        "exception",
        "exceptions",
    }:
        return False
    words = reading.tokens[clause.subject[0] : clause.subject[1]]
    if any(t.low in lx.SAYING and before.tag in {"NP", "NS"} for before, t in pairwise(words)):
        return False
    if any(t.tag in {"VD", "VZ", "VP"} for t in words) and not any(t.tag == "WH" for t in words):
        return False
    if words[0].low == "other" or any(t.low in _COUNTED and t.tag != "NP" for t in words[:2]):
        return False
    if (
        words[0].low == "the"
        and len(words) > 1
        and words[1].tag == "CD"
        and not _YEAR.fullmatch(words[1].text)
    ):
        return False
    bare = [t for t in words if t.tag != "DT"]
    if len(bare) == _PAIR and bare[0].low in OF_PLACE and bare[1].tag in {"NN", "NS"}:
        return False
    if _is_title(reading, clause):
        return False
    if any(t.tag == "," for t in words) and not any(t.tag == "CC" for t in words):
        return False
    superlative = any(t.low in {"most", "least", "final"} for t in words)
    if superlative and not any(t.tag == "IN" for t in words):
        return False
    remaining = any(t.low in _TIED for t in reading.tokens[clause.subject[0] : clause.subject[1]])
    return len(head.text) > 1 and not remaining and head.low not in {"percent", "percentage"}


def _is_title(reading: Reading, clause: Clause) -> bool:
    """A title taken for a sentence: "Knowledge guided text retrieval"."""
    bare = clause.subject[1] - clause.subject[0] == 1
    verb = reading.tokens[clause.verb]
    if not bare or clause.aux or verb.tag != "VD" or not verb.low.endswith("ed"):
        return False
    follows = reading.tokens[clause.verb + 1].tag if clause.verb + 1 < len(reading.tokens) else ""
    return follows in {"NN", "NS", "JJ", "VG"} and reading.tokens[clause.head].tag != "NP"


def inverted(reading: Reading, clause: Clause, subject: str | None = None) -> str | None:
    """Everything but the question word: "does the liver produce", "can bile be stored"."""
    subject = subject or reading.plain(clause.subject)
    verb = reading.tokens[clause.verb]
    if clause.aux:
        first, *others = [reading.tokens[a].low for a in clause.aux]
        if first == "cannot":
            return None
        return " ".join([first, subject, *others, verb.low])
    if verb.tag == "BE":
        return f"{verb.low} {subject}"
    support = do_support(verb.low, verb.tag)
    if support is None:
        return None
    return f"{support[0]} {subject} {support[1]}"


def do_support(low: str, tag: str) -> tuple[str, str] | None:
    """The form of "do" and the base of a finite verb; None where the base is unknown."""
    if tag == "HV":
        return {"has": ("does", "have"), "have": ("do", "have"), "had": ("did", "have")}.get(low)
    if tag == "VZ":
        return "does", base_of_third(low)
    if tag == "VP":
        return "do", low
    base = base_of_past(low)
    return ("did", base) if tag == "VD" and base else None


def ask(reading: Reading, clause: Clause, word: str, tail: str = "") -> str | None:
    """A whole question from a question word, the inverted clause and a tail."""
    lead = opening(reading, clause)
    middle = inverted(reading, clause)
    if lead is None or middle is None:
        return None
    return sentence_case(f"{lead}{word.lower() if lead else word} {middle} {tail}")


def sentence_case(stem: str) -> str:
    """One question with a capital, single spaces and one mark at its end."""
    text = " ".join(stem.split()).rstrip(" ,;:.?").replace(" ,", ",")
    text = re.sub(r"[.,]([”\"’])$", r"\1", text)
    return text[0].upper() + text[1:] + "?"


def answer_of(reading: Reading, span: Span, *, most: int = 32) -> str | None:
    """The answer's words; None where they say nothing by themselves."""
    if span[0] >= span[1]:
        return None
    first = reading.tokens[span[0]]
    text = reading.text(span).strip(" ,;:")
    second = reading.tokens[span[0] + 1].tag if span[0] + 1 < span[1] else ""
    if (
        first.tag in {"PR", "WH", ","}
        or (first.tag == "IN" and second == "WH")
        or "[" in text
        or first.low in {"this", "that", "these", "those", "such", "one", "so", "many", "different", "both"}
    ):
        return None
    if _SAYS_NOTHING.match(text):
        return None
    if first.tag != "IN" and re.search(r", (?:and|but|or) (?:at|in|on|for|from|by|with|of|to)\b", text):
        return None
    if not complete(reading, span) or any(
        t.low in {"only", "then", "respectively", "things", "this", "these"}
        for t in reading.tokens[span[0] : span[1]]
    ):
        return None
    count = reading.words(span)
    if (
        not 1 <= count <= most
        or text.count('"') % 2
        or text.count("(") != text.count(")")
        or text.count("“") != text.count("”")
    ):
        return None
    return text


def complete(reading: Reading, span: Span) -> bool:
    """Whether the words end where a phrase ends: relative clauses have their verb, modifiers their noun."""
    start, end = span
    last = reading.tokens[end - 1]
    if (
        end < len(reading.tokens)
        and reading.tokens[end].text in _JOINTS
        and reading.tokens[end].start == last.end
    ):
        return False
    if end < len(reading.tokens) and reading.tokens[end].low in {"ago", "apart", "away", "later", "earlier"}:
        return False
    if last.tag == "CD" and end < len(reading.tokens) and reading.tokens[end].text in {"–", "-", "½"}:
        return False
    open_end = end < len(reading.tokens) - 1 and reading.tokens[end].text not in {";", ".", ":"}
    if last.tag in {"DT", "IN", "PS", "CC", "TO", "WH", "SB", "MD", "BE", "PO"} or (
        open_end and last.tag in {"JJ", "VN", "VZ", "VP", "VD", "VB"}
    ):
        return False
    clause = next((i for i in range(end - 1, start - 1, -1) if _opens_clause(reading, i)), None)
    if (
        clause is not None
        and open_end
        and clause + 1 < end
        and reading.tokens[clause + 1].tag in {"IN", "SB"}
    ):
        return False
    return clause is None or any(_is_verb(reading, i) for i in range(clause + 1, end))


def _opens_clause(reading: Reading, index: int) -> bool:
    token = reading.tokens[index]
    return token.tag in {"WH", "SB"} or token.low == "whose"


def _is_verb(reading: Reading, index: int) -> bool:
    token = reading.tokens[index]
    return token.tag in {"VZ", "VP", "VD", "MD", "BE", "HV", "DO"} or (
        token.tag == "VB" and reading.tokens[index - 1].tag == "TO"
    )


def quantified(reading: Reading, span: Span) -> bool:
    """Whether a subject is "some ...", "many ...": too vague to ask about."""
    return reading.tokens[span[0]].low in lx.QUANTIFIERS


_GOES_ON = re.compile(
    r"\b(?:also|as well|continues? to|even more|again|then|this|such|one of the|under discussion|naturally|"
    r"quite|"
    r"typically|usually|often|sometimes|perhaps|particular|some|may|might)\b"
    r"|\bthe (?:first|second|third|other) (?:group|kind|type|category|class|part|set)\b"
    r"|^\w+ (?:do|does|are|is|did|were|was) (?:two|three|four|several|many) "
)


def goes_on(stem: str) -> bool:
    """Whether a stem goes on from what was said before it, or is true of others too."""
    return _GOES_ON.search(stem) is not None
