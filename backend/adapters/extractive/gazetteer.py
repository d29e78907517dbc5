"""Names that most texts mention and the words that tell what a name is the name of."""

from __future__ import annotations

from functools import lru_cache

from . import lexicon as lx
from .lexicon import words

PARTICLES = words("von van de da di del della la le du bin ibn al")
"""What may stand between a given name and a family name."""
PEOPLE = words(
    """
    people person crew men women man woman child children boy girl father mother son daughter citizen worker
    soldier settler farmer slave servant peasant merchant trader owner buyer seller consumer customer
    patient doctor pharmacist pilot sailor player member voter lawyer judge police official officer
    commander governor senator consul minister emperor empress noble knight priest monk nun saint
    quarterback linebacker cornerback striker goalkeeper coach captain winner mayor premier chancellor
    believer follower disciple user reader listener viewer visitor tourist traveler refugee immigrant
    descendant ancestor colonist invader rebel prisoner victim survivor expert adviser advisor critic
    reasoner arguer speaker philosopher thinker theorist employee employer manager broadcaster publisher
    """,
)
GIVEN_NAMES = words(
    """
    aaron abraham adam alan albert alexander alfred alice amy andrew ann anna anne anthony antoine arthur
    barack barbara benjamin bernard bertrand betty bill bob brian bruce carl carlo caroline catherine
    charles charlotte chris christian christopher claude daniel david deborah dennis diana donald dorothy
    douglas edgar edmund edward eleanor elisabeth elizabeth emily emma eric ernest eugene felix ferdinand
    florence francis francisco franklin franz frederick friedrich galileo gary georg george gerald
    giovanni gottfried grace graham gregory gustav hans harold harriet harry heinrich helen henri henry
    herbert herman howard hugh hugo ian immanuel isaac isabella ivan jack jacob jacques james jan jane
    jason jean jeff jennifer jeremy jerome jim joan johann johannes john jonathan jose joseph juan judith
    julia julian julie julius karen karl katherine keith kenneth kevin larry laura lawrence lee leo
    leonard leonardo leonhard lewis linda lisa louis louise lucas lucy ludwig luigi luis luke marcus
    margaret maria marie mark martha martin mary matthew max maximilien michael michel miguel napoleon
    nancy nelson niels nicholas nicolas nicolaus oliver oscar otto patricia patrick paul pedro peter
    philip philippe pierre rachel ralph raymond rebecca rene richard robert roger ronald rosa rosalind
    roy rudolf russell ruth ryan sam samuel sandra sarah scott sergei sigmund simon simone sophie stephen
    steve steven stuart susan theodore thomas tim timothy tom tony ulysses vera vernon victor vincent
    virginia vladimir walter warren wilhelm william wolfgang zachary
    """,
)
PLACE_HEADS = words(
    """
    city county country river island islands street avenue road square valley mountains mountain mount
    lake sea ocean bay coast park beach district province region kingdom states state town village
    boulevard highway bridge peninsula desert forest hills strait gulf cape harbor territory colony
    """,
)
BODY_HEADS = words(
    """
    university college school church company corporation party act agreement treaty war army navy empire
    dynasty league bowl association society council committee parliament government department bank
    institute museum library service agency network system order court commission union federation
    congress senate press office group club team conference festival prize award series show project
    program programme law code theory route trust foundation movement revolution republic rebellion
    """,
)
PLACES = words(
    """
    afghanistan africa albania alexandria algeria alps america amsterdam angola antarctica argentina
    armenia asia athens atlanta atlantic australia austria babylon baghdad bangladesh barcelona beijing
    belgium berlin bolivia bosnia boston brazil britain brussels bulgaria burma byzantium cairo california
    cambodia cambridge canada carthage chicago chile china colombia congo constantinople copenhagen croatia
    cuba cyprus damascus delhi denmark dublin ecuador edinburgh egypt england estonia ethiopia europe
    finland flanders florida france geneva germany ghana glasgow greece haiti hawaii
    holland hungary iceland illinois india indonesia iran iraq ireland israel istanbul italy jamaica japan
    jerusalem jordan kansas kenya korea kuwait lebanon libya lisbon lithuania london louisiana macedonia
    madrid malaysia manchester massachusetts mecca mediterranean melbourne mesopotamia mexico
    milan mongolia montreal morocco moscow munich naples neptune netherlands nigeria normandy norway ohio
    oxford pacific pakistan palestine paris pennsylvania persia peru philadelphia philippines poland
    portugal prague prussia rome romania russia rwanda scandinavia scotland seattle serbia shanghai siberia
    sicily singapore slovakia slovenia somalia spain stockholm sudan sweden switzerland sydney syria
    taiwan tanzania texas thailand tibet tokyo toronto tunisia uganda ukraine uruguay venezuela
    venice vienna vietnam wales warsaw yemen zambia zimbabwe
    """,
)
LANGUAGES = words(
    """
    korean american roman african european mexican norman moroccan cuban puritan lutheran anglican british
    irish danish swedish turkish jewish finnish scottish muslim muslims buddhist jews christians romans greeks
    americans germans europeans
    latin greek arabic hebrew english french german dutch spanish italian russian mandarin sanskrit hindi
    swahili buddhism christianity hinduism islam judaism
    """,
)


@lru_cache(maxsize=1 << 14)
def are_people(head: str, *, name: bool = False) -> bool:
    """Whether the last word of a term names people: painters, chemists."""
    known = head in PEOPLE or head.removesuffix("s") in PEOPLE or head.removesuffix("s") in lx.PERSON_NOUNS
    return known or (not name and head.endswith(("ists", "ist", "nauts", "naut", "ians", "ian")))
