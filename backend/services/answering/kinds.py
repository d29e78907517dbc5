"""What kind of answer a question asks for, told by its words."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """Kinds that are answered in different forms."""

    FACT = "fact"
    SUMMARY = "summary"
    COMPARISON = "comparison"
    LIST = "list"
    HOW_TO = "how-to"


_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|overview|gist|outline|main (?:points?|ideas?)|key (?:points?|takeaways?)"
    r"|tl;?dr|"
    r"in (?:a nutshell|short|brief)|what (?:is|are) .{0,40}\b(?:text|book|chapter|document|paper|article"
    r"|lecture|"
    r"video)s? about|zusammenfass\w*|fasse?\b.*\bzusammen|überblick|resum\w*|résum\w*|riassun\w*)"
    r"|总结|概括|摘要|सारांश|ملخص|لخص",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\b(?:compar\w+|versus|vs\.?|contrast\w*|differen(?:ce|ces|t|tiate)\b|differs?|distinguish\w*"
    r"|distinction|"
    r"similarit\w+|(?:better|worse|faster|slower|larger|smaller|more|less|higher|lower)\b.*\bthan"
    r"|unterschied\w*|"
    r"vergleich\w*|diferencias?|comparar?|différences?|comparer?)\b|区别|比较|अंतर|तुलना|الفرق|قارن",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    r"^\W*(?:how (?:do|can|should|would|could|must) (?:i|we|you|one|someone)\b|how to\b|(?:what|which) "
    r"(?:are the )?steps"
    r"|steps? (?:to|for)|explain how to|wie (?:kann|muss|soll|macht) (?:ich|man|wir)|cómo (?:puedo|se "
    r"puede|hacer)|"
    r"comment (?:puis|peut|faire))|\bstep[- ]by[- ]step\b|如何|怎么|怎样|कैसे करें|كيف يمكن",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^\W*(?:(?:please )?(?:list|name|enumerate|give (?:me )?(?:all|some|\w+ examples))\b|(?:what|which) "
    r"(?:are|were) "
    r"(?:the|all|some)\b|what (?:kinds|types|sorts|examples) of|(?:which|what) \w+s (?:are|were|have|do"
    r"|did|can)\b|"
    r"nenne|zähle|welche\b|enumera|cuáles son|quels? sont|quelles sont)|列出|哪些|सूची|اذكر|عدد",
    re.IGNORECASE,
)

_RULES = (
    (Kind.COMPARISON, _COMPARISON),
    (Kind.SUMMARY, _SUMMARY),
    (Kind.HOW_TO, _HOW_TO),
    (Kind.LIST, _LIST),
)

_GENERIC = re.compile(
    r"\b(?:summari[sz]e|summary|overview|gist|outline|main|key|points?|ideas?|takeaways?|tl;?dr|nutshell"
    r"|short|brief|"
    r"give|write|please|me|us|my|all|whole|entire|text|texts|book|books|chapter|document|documents|paper"
    r"|papers|"
    r"article|lecture|video|file|files|notes|material|content|contents|what|is|are|it|this|these|the|a|an"
    r"|of|in|on|"
    r"about|for|can|could|you|your|zusammenfassung|überblick|dokument\w*|resumen|documento\w*)\b",
    re.IGNORECASE,
)


def kind_of(question: str) -> Kind:
    """The kind; a fact where nothing tells another one."""
    return next((kind for kind, pattern in _RULES if pattern.search(question)), Kind.FACT)


def is_about_everything(question: str) -> bool:
    """Whether a summary is asked for without saying of what, so that there is nothing to search for."""
    return kind_of(question) is Kind.SUMMARY and not topic_of(question)


def topic_of(question: str) -> str:
    """What a summary is asked of, without the words that only ask for one; may be empty."""
    topic = " ".join(_GENERIC.sub(" ", question).split())
    return topic if re.search(r"\w", topic) else ""
