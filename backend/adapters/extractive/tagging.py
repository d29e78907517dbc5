"""Word classes of one English sentence, by lexicon, ending and neighbours; no model, no data to fetch.

Tags: DT determiner, PS possessive, PR pronoun, IN preposition, TO, CC, SB subordinator or complementizer,
WH relative, MD BE HV DO auxiliaries, NG negation, EX, RB, JJ, NN NS NP noun (singular, plural, proper), PO
noun with 's, CD number, VB base, VP VZ VD finite (plural or base, third person, past), VN participle, VG
-ing; punctuation is its own tag. Mistakes are expected: callers accept a sentence only where its tags make
a clause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import gazetteer
from . import lexicon as lx
from .casing import TOKEN, Casing, numeral_tag
from .lexicon import words
from .verbs import GERUND, NOUN_TOO, PARTICIPLE, PAST, THIRD, VERBS, base_of_third

_CONTRACTION = re.compile(
    r"(?:n['’]t|['’](?:ll|re|ve|m|d))$|^(?:it|that|there|here|what|who|he|she|let)['’]s$"
)
_A_YEAR = re.compile(r"1\d{3}|20[0-4]\d")
_GERUND_NOUNS = words(
    """
    thing king ring string spring wing being meaning building finding feeling bleeding swelling lining
    ending beginning understanding reasoning learning training engineering programming painting writing
    teaching opening hearing offspring evening morning ceiling sibling clothing nothing something
    everything anything processing reading marketing farming spelling wellbeing signaling breathing
    breeding weathering
    """,
)
_NOT_ED = words(
    """
    red bed seed need speed feed breed weed reed hundred sacred naked kindred indeed exceed proceed
    """,
)
NOMINAL = frozenset({"NN", "NS", "NP", "CD", "JJ", "PO", "VG", "VN"})
NOUN = frozenset({"NN", "NS", "NP"})
FINITE = frozenset({"VZ", "VD", "VP", "MD"})
_MODIFIED = frozenset({"DT", "PS", "JJ", "IN", "CD", "PO"})
_CLOSED = (
    (lx.POSSESSIVES, "PS"),
    (lx.BE, "BE"),
    (lx.HAVE, "HV"),
    (lx.DO, "DO"),
    (lx.MODALS, "MD"),
    (frozenset({"to"}), "TO"),
    (frozenset({"not", "never", "n't", "nor", "neither"}), "NG"),
    (lx.CONJUNCTIONS, "CC"),
    (lx.PRONOUNS, "PR"),
    (lx.DETERMINERS, "DT"),
    (frozenset({"which", "who", "whom", "what", "how", "why"}), "WH"),
    (lx.SUBORDINATORS, "SB"),
    (lx.PREPOSITIONS | {"as"}, "IN"),
    (lx.ADVERBS, "RB"),
)
CLOSED: dict[str, str] = {word: tag for words, tag in reversed(_CLOSED) for word in words} | {
    "before": "IN",
    "after": "IN",
    "since": "IN",
    "until": "IN",
    "than": "IN",
    "which": "WH",
    "who": "WH",
    "whom": "WH",
    "whose": "PS",
    "no": "DT",
    "so": "RB",
    "as": "IN",
    "born": "VN",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or punctuation mark of a sentence; ``start`` and ``end`` index the sentence's text."""

    text: str
    low: str
    start: int
    end: int
    tag: str


class _Tagger:
    """Left to right over one sentence; ``pending`` counts finite verbs that the clauses begun still lack."""

    def __init__(self, sentence: str, casing: Casing) -> None:
        self.matches = list(TOKEN.finditer(sentence))
        self.words = [m.group() for m in self.matches]
        self.lows = [w.lower() for w in self.words]
        self.casing = casing
        self.tags: list[str] = []
        self.pending = 1

    def run(self) -> list[Token]:
        for index in range(len(self.words)):
            tag = self._tag(index)
            self.tags.append(tag)
            self._count(index, tag)
        self._mend()
        return [
            Token(w, low, m.start(), m.end(), t)
            for w, low, m, t in zip(self.words, self.lows, self.matches, self.tags, strict=True)
        ]

    def _count(self, index: int, tag: str) -> None:
        if tag in {"SB", "WH"}:
            self.pending += 1
        elif tag in FINITE or tag == "DO" or (tag in {"BE", "HV"} and self.lows[index] in _FINITE_AUXILIARY):
            self.pending -= 1
        elif tag in {";", ":"} or (tag == "CC" and index and self.tags[index - 1] == ","):
            self.pending = max(self.pending, 1)

    def _tag(self, index: int) -> str:
        word, low = self.words[index], self.lows[index]
        if not word[0].isalnum():
            return word
        numeral = numeral_tag(low)
        if numeral:
            return numeral
        if low == "that":
            return self._that(index)
        if low == "there" and self._low(index + 1) in {"is", "are", "was", "were", "exist", "can", "may"}:
            return "EX"
        closed = CLOSED.get(low)
        if closed is not None:
            return self._closed(index, closed)
        if _CONTRACTION.search(low):
            return "NG" if low.endswith(("n't", "n’t")) else "PR"
        if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():
            return "NS"
        if word[0].isupper() and self._is_name(index, word):
            return "PO" if low.endswith(("'s", "’s")) else "NP"
        if low.endswith(("'s", "’s", "s'", "s’")) and len(low) > 3:
            return "PO"
        return self._open(index, low)

    def _is_name(self, index: int, word: str) -> bool:
        first = index == 0 or self.tags[-1] in {"“", '"', ":"}
        if not first:
            return not self._heading_case(word)
        return self.casing.is_name(word) or self._begins_name(index, word)

    def _begins_name(self, index: int, word: str) -> bool:
        """Whether a word met only at the start of sentences is a name: "Boltzmann argued"."""
        if self.casing.lower[word.lower()]:
            return False
        follows = self.words[index + 1] if index + 1 < len(self.words) else ""
        behind = self.words[index + 2] if index + 2 < len(self.words) else ""
        if follows in gazetteer.PARTICLES and behind[:1].isupper():
            return True
        if word.lower() in gazetteer.GIVEN_NAMES and (follows == "and" or self._next_finite(index)):
            return True
        if word.lower() in gazetteer.GIVEN_NAMES and (follows in gazetteer.PARTICLES or follows.isupper()):
            return True
        return follows.lower() in lx.DEEDS or (
            follows[:1].isupper() and any(c.islower() for c in follows) and self.casing.is_name(follows)
        )

    def _heading_case(self, word: str) -> bool:
        return self.casing.lower[word.lower()] > 3 * self.casing.capital[word.lower()] + 3

    def _closed(self, index: int, tag: str) -> str:
        low = self.lows[index]
        if self.words[index] == "May" and (self._low(index + 1)[:1].isdigit() or self.tags[-1:] == ["CD"]):
            return "NP"
        if low == "so" and self._low(index + 1) == "that":
            return "SB"
        if low == "like" and self._before(index) in {"TO", "MD"}:
            return "VB"
        return tag

    def _that(self, index: int) -> str:
        before = self.tags[-1] if self.tags else ""
        if before in {"NN", "NS", "NP", ")"} or self._low(index - 1) in {"those", "one", "something"}:
            return "WH"
        if before == "CD" and (self._low(index + 1) in _FINITE_AUXILIARY | lx.MODALS):
            return "WH"
        if before in {"VZ", "VD", "VP", "VB", "VN", "VG", "JJ", "BE", "RB", "SB", ","}:
            return "SB"
        return "DT"

    def _open(self, index: int, low: str) -> str:
        if low in lx.ADJECTIVES and not (low in VERBS and self._before(index) in {"TO", "MD", "DO"}):
            return "JJ"
        if low.endswith("ly") and low not in lx.NOT_ADVERBS:
            return "RB"
        if low in GERUND or (low.endswith("ing") and len(low) > 5):
            return self._gerund(index, low)
        if low in PAST or low in PARTICIPLE or (low.endswith("ed") and len(low) > 4 and low not in _NOT_ED):
            return self._past(index, low)
        if low in THIRD:
            return self._third(index, low)
        if low in VERBS:
            return self._base(index, low)
        return self._noun(index, low)

    def _noun(self, index: int, low: str) -> str:
        if self._guess_third(index, low):
            return "VZ"
        if low.endswith(lx.ADJECTIVE_ENDINGS) and low not in lx.NOUNS_LIKE_ADJECTIVES and len(low) > 4:
            return "JJ"
        return "NS" if is_plural(low) else "NN"

    def _guess_third(self, index: int, low: str) -> bool:
        """Whether an unknown word in -s is a verb: "The vagus nerve innervates the heart"."""
        if not is_plural(low):
            return False
        before, follows = self._before(index), self._low(index + 1)
        if before == "CC":
            return follows.endswith("ly") and ("VZ" in self.tags or "is" in self.lows[:index])
        return self.pending > 0 and before in {"NN", "NP"} and follows in {"the", "a", "an", "its", "their"}

    def _gerund(self, index: int, low: str) -> str:
        if low in _GERUND_NOUNS and self._before(index) != "BE":
            return "NN"
        follows = self._low(index + 1)
        if self._before(index) in {"DT", "PS", "JJ"} and (
            not follows.isalpha() or CLOSED.get(follows) in {"IN", "BE", "MD"}
        ):
            return "NN"
        return "VG"

    def _third(self, index: int, low: str) -> str:
        before = self._before(index)
        noun = base_of_third(low) in NOUN_TOO
        if before in _MODIFIED or (before == "RB" and noun and self.pending <= 0):
            return "NS" if noun or before != "IN" else "VZ"
        if not noun or before in {"PR", "WH"}:
            return "VZ"
        if (
            self._low(index + 1) == "of"
            or self._next_finite(index)
            or self.pending <= 0
            or before in {"NS", ",", ""}
        ):
            return "VZ" if before == "CC" and self._verb_before() == "VZ" else "NS"
        if before == "CC":
            return "VZ" if self._verb_before() == "VZ" and self._opens_object(index + 1) else "NS"
        return "VZ"

    def _base(self, index: int, low: str) -> str:
        before = self._before(index)
        noun = low in NOUN_TOO
        if before in {"TO", "MD", "DO"} or self._low(index - 1) in {"help", "helps", "helped", "let", "lets"}:
            return "VB"
        if before == "CC" and self._verb_before() in {"VB", "VP"} and self._opens_object(index + 1):
            return self._verb_before()
        if before in _MODIFIED or before == "VN":
            return "NN"
        if before == "NP" and noun:
            return "NN"
        if before in {"NS", "PR", "WH", "NP", ")"} or (before == "RB" and self.pending > 0):
            return (
                "VP"
                if self.pending > 0 and not self._next_finite(index) and self._low(index + 1) != "of"
                else "NN"
            )
        if before == "NN" and not noun and self.pending > 0:
            return "VP"
        return "NN" if noun or before == "NN" else "VB"

    def _past(self, index: int, low: str) -> str:
        before = self._before(index)
        if low in VERBS and VERBS[low].past == low:
            return "VN" if before in {"BE", "HV"} else self._base(index, low)
        if (
            low in PAST
            and low not in PARTICIPLE
            and low.endswith(("ed",)) is False
            and before not in _MODIFIED
        ):
            return "VD"
        if (
            before in {"BE", "HV"}
            or before in _MODIFIED
            or (low in PARTICIPLE and low not in PAST and not low.endswith("ed"))
        ):
            return "VN"
        if self._low(index + 1) == "by" and before in {"NN", "NS", "NP"}:
            return "VN"
        if before == "CC":
            return "VD" if self._verb_before() == "VD" else "VN"
        if (
            before in {"NN", "NS", "NP", ")", "PR", "WH", "”"}
            and self.pending > 0
            and not self._later_finite(index)
        ):
            return "VD"
        if before == "," and low in PAST and self._closes_aside(index):
            return "VD"
        joined = (
            len(self.tags) > 1
            and self.tags[-1] == "NP"
            and self.tags[-2] in {"CC", "NP"}
            and "CC" in self.tags[-3:]
        )
        return "VD" if joined and low in PAST and not self._later_finite(index) else "VN"

    def _closes_aside(self, index: int) -> bool:
        """Whether the comma ends what was said of the subject: "Luther, a professor, published ..."."""
        earlier = self.tags[: index - 1]
        follows = CLOSED.get(self._low(index + 1))
        return (
            "," in earlier
            and earlier[earlier.index(",") - 1] in NOUN
            and self.pending > 0
            and not FINITE.intersection(earlier)
            and not {"BE", "HV", "CC"}.intersection(earlier)
            and (
                follows in {"DT", "PS"}
                or (self.words[index + 1 : index + 2] != [] and self.words[index + 1][0].isupper())
            )
            and not self._later_finite(index)
        )

    def _mend(self) -> None:
        """An adjective where a noun must stand is one: "the oral is", "the ventral of the two"."""
        for i, tag in enumerate(self.tags):
            if tag != "JJ" or i == 0 or self.tags[i - 1] not in {"DT", "NP"}:
                continue
            follows = self.tags[i + 1] if i + 1 < len(self.tags) else "."
            if follows in {"BE", "MD", "VZ", "HV"}:
                self.tags[i] = "NN"

    def _before(self, index: int) -> str:
        """Tag of the word before, adverbs and negation passed over."""
        i = index - 1
        while i >= 0 and self.tags[i] in {"RB", "NG"}:
            i -= 1
        if i > 0 and self.tags[i] == "CD" and self.tags[i - 1] == "IN" and _A_YEAR.fullmatch(self.words[i]):
            return "NN"  # "the Confession of 1559 shows"
        return self.tags[i] if i >= 0 else ("RB" if index else "")

    def _low(self, index: int) -> str:
        return self.lows[index] if 0 <= index < len(self.lows) else ""

    def _next_finite(self, index: int) -> bool:
        low = self._low(index + 1)
        return (
            low in _FINITE_AUXILIARY
            or low in lx.MODALS
            or (low in THIRD and base_of_third(low) not in NOUN_TOO)
        )

    def _later_finite(self, index: int) -> bool:
        for i in range(index + 1, min(index + 25, len(self.lows))):
            low = self.lows[i]
            if low in {";", ":", "which", "who", "that", "and", "but", ","} or CLOSED.get(low) == "SB":
                return False
            if (
                low in _FINITE_AUXILIARY
                or low in lx.MODALS
                or (low in THIRD and base_of_third(low) not in NOUN_TOO)
            ):
                return True
            if low in PAST and not low.endswith("ed") and low not in VERBS:
                return True
        return False

    def _verb_before(self) -> str:
        return next((t for t in reversed(self.tags) if t in {"VB", "VP", "VZ", "VD", "VN", "VG"}), "")

    def _opens_object(self, index: int) -> bool:
        low = self._low(index)
        return CLOSED.get(low) in {"DT", "PS", "IN", "TO", "PR"} or (low.isalpha() and low not in CLOSED)


_FINITE_AUXILIARY = words(
    """
    is are was were has have had does do did
    """,
)


def is_plural(low: str) -> bool:
    """Whether a lower-case noun is written as a plural."""
    if low in lx.IRREGULAR_PLURALS or low.endswith("ae"):
        return True
    return (
        low.endswith("s")
        and low not in lx.SINGULAR_S
        and not low.endswith(("ss", "us", "is", "ics", "'s", "’s"))
    )


def tag(sentence: str, casing: Casing) -> list[Token]:
    """The tokens of one sentence with their tags."""
    return _Tagger(sentence, casing).run()
