"""What may be said of one thing as well as of another: broad sorts of the nouns that definitions begin with.

Narrower than anything being an option for anything, wider than ``kin``: of two parts of a body one must know
which is which, while nobody takes a process for a substance.
"""

from __future__ import annotations

from functools import lru_cache

from . import kin, wordnet
from .lexicon import words

_OVERRULED = {
    "thing": words(
        """
        area articulation band border branch bundle canal cavity cell channel circle city component
        country division end extension fascicle fiber fibre fold ganglia ganglion ground land layer mass
        network neuron opening part passage pathway place plane portion projection receptor region sac
        section segment sheet side site space structure surface synapse triangle tuft unit
        """,
    ),
    "stuff": words(
        """
        antibody antigen chemical compound drug electrolyte enzyme ion lipid material molecule
        neurotransmitter nutrient protein substance
        """,
    ),
    "event": words(
        """
        action activity assembly change contraction decrease event extension flexion increase loss
        mechanism motion move movement phase process production reaction reflex release response spread
        stage step turning use
        """,
    ),
    "practice": words(
        "application imaging method operation procedure surgery technique test therapy treatment"
    ),
    "thought": words(
        """
        account approach argument belief branch category claim concept discipline doctrine ethics fallacy
        field idea inference law method movement norm notion philosophy position principle proposition
        reasoning science statement study theory thought view
        """,
    ),
    "state": words(
        """
        absence burn condition deficiency disease disorder excess failure illness inability infection injury
        lack loss presence production retention sore syndrome tumor wound
        """,
    ),
    "time": words("age century day era interval period phase season span stage time year"),
    "measure": words(
        "ability amount force frequency length level number percentage pressure range rate sum value volume"
    ),
}
"""Nouns of definitions that seldom mean what WordNet has first of them; a few are of two sorts."""
_BROAD = frozenset({"thing", "stuff", "person", "thought"})
"""Sorts any two of which may be taken for each other; of the others only nouns that are listed together, or
near each other in WordNet."""
_FILED = (
    ("person", frozenset({"person"})),
    ("state", frozenset({"ill health", "state"})),
    ("event", frozenset({"act", "event", "process"})),
    ("force", frozenset({"phenomenon"})),
    ("stuff", frozenset({"substance", "matter", "food", "compound", "molecule", "macromolecule"})),
    ("thought", frozenset({"cognition", "communication"})),
    ("measure", frozenset({"attribute", "measure", "relation"})),
    ("group", frozenset({"group"})),
    ("thing", frozenset({"physical object", "object", "body part", "thing", "part"})),
)
"""Sorts by what WordNet files a noun under, the narrower before the wider."""


def of_one_sort(one: str, two: str) -> bool:
    """Whether the nouns that two definitions begin with name one sort of things, as far as known."""
    if not one or not two:
        return False
    if one == two or not _listed(one).isdisjoint(_listed(two)):
        return True
    shared = sorts(one) & sorts(two)
    return not shared.isdisjoint(_BROAD) or (bool(shared) and kin.akin(one, two) is True)


@lru_cache(maxsize=1 << 12)
def sorts(noun: str) -> frozenset[str]:
    """The sorts of a noun, singular or plural, in lower case; none where nothing tells."""
    single = noun.removesuffix("s")
    if not single:
        return frozenset()
    meant = _listed(noun)
    if meant:
        return meant
    above = wordnet.above(single if wordnet.known(single) else noun)
    if wordnet.is_shape(noun):
        return frozenset({"thing"})
    return frozenset([sort for sort, names in _FILED if not names.isdisjoint(above)][:1])


def _listed(noun: str) -> frozenset[str]:
    single = noun.removesuffix("s")
    return frozenset(s for s, nouns in _OVERRULED.items() if noun in nouns or single in nouns)
