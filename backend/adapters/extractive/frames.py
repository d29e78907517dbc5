"""Which prepositions verbs and adjectives take, and which verbs say much or little."""

from __future__ import annotations

from .lexicon import words

ATTEMPTS = words("seek aim attempt strive serve work try want hope intend plan struggle endeavor")

PHRASAL = {
    "lead": {"to"},
    "result": {"in", "from"},
    "consist": {"of"},
    "contribute": {"to"},
    "depend": {"on", "upon"},
    "rely": {"on"},
    "refer": {"to"},
    "attach": {"to"},
    "respond": {"to"},
    "belong": {"to"},
    "derive": {"from"},
    "arise": {"from"},
    "originate": {"from", "in"},
    "emerge": {"from"},
    "develop": {"into", "from"},
    "bind": {"to"},
    "serve": {"as"},
    "act": {"as", "on"},
    "function": {"as"},
    "participate": {"in"},
    "aid": {"in"},
    "assist": {"in"},
    "connect": {"to", "with"},
    "differentiate": {"into"},
    "deal": {"with"},
    "focus": {"on"},
    "adhere": {"to"},
    "articulate": {"with"},
    "drain": {"into"},
    "open": {"into"},
    "pass": {"through"},
    "correspond": {"to"},
    "react": {"with"},
    "interact": {"with"},
    "specialize": {"in"},
    "account": {"for"},
    "break": {"into"},
    "divide": {"into"},
    "extend": {"from"},
    "project": {"to"},
    "grow": {"into"},
    "turn": {"into"},
    "relate": {"to"},
    "suffer": {"from"},
    "benefit": {"from"},
    "stem": {"from"},
    "recover": {"from"},
    "escape": {"from"},
    "amount": {"to"},
    "apply": {"to"},
    "appeal": {"to"},
    "adapt": {"to"},
    "compete": {"with"},
    "merge": {"with"},
    "spread": {"to", "through"},
    "evolve": {"from", "into"},
    "transform": {"into"},
    "object": {"to"},
    "conflict": {"with"},
    "coincide": {"with"},
}

PASSIVE_TAILS = {
    "composed": {"of"},
    "made": {"of"},
    "divided": {"into"},
    "derived": {"from"},
    "based": {"on", "upon"},
    "associated": {"with"},
    "attached": {"to"},
    "connected": {"to"},
    "classified": {"as", "into"},
    "covered": {"by", "with"},
    "filled": {"with"},
    "surrounded": {"by"},
    "lined": {"by", "with"},
    "converted": {"into", "to"},
    "named": {"after", "for"},
    "characterized": {"by"},
    "involved": {"in"},
    "separated": {"by", "from"},
    "grouped": {"into"},
    "known": {"for"},
    "formed": {"from", "by"},
    "organized": {"into"},
    "subdivided": {"into"},
    "arranged": {"in", "into"},
    "linked": {"to"},
    "designed": {"for"},
    "used": {"as", "in"},
    "responsible": {"for"},
    "applied": {"to"},
    "compared": {"to", "with"},
    "disqualified": {"from"},
    "excluded": {"from"},
    "banned": {"from"},
    "prohibited": {"from"},
    "described": {"as"},
    "regarded": {"as"},
    "defined": {"as"},
    "treated": {"as"},
    "depicted": {"as"},
    "interpreted": {"as"},
    "replaced": {"by", "with"},
    "influenced": {"by"},
    "modeled": {"on", "after"},
}

OF_WHAT = {
    "concerned": {"about", "with"},
    "famous": {"for", "as"},
    "capable": {"of"},
    "dependent": {"on", "upon"},
    "equal": {"to"},
    "equivalent": {"to"},
    "rich": {"in"},
    "opposed": {"to"},
    "essential": {"for", "to"},
    "necessary": {"for"},
    "crucial": {"for", "to"},
    "vulnerable": {"to"},
    "sensitive": {"to"},
    "proportional": {"to"},
    "perpendicular": {"to"},
    "critical": {"of"},
    "home": {"to"},
    "native": {"to"},
    "notable": {"for"},
    "skeptical": {"of"},
    "resistant": {"to"},
}

DULL_VERBS = words(
    """
    be do get go come see seem appear look say mean make take have begin start continue remain become
    tend let help try want keep happen find show know include call consider discuss describe mention
    note illustrate allow enable use believe think know ask feel
    """,
)

STRONG_VERBS = words(
    """
    produce regulate control release secrete store transport protect connect convert carry receive
    supply support prevent stimulate inhibit cause trigger separate surround cover line maintain
    determine detect generate absorb provide represent require synthesize form comprise contain reduce
    increase decrease activate block transmit filter establish create develop discover invent found
    introduce publish reject define measure reflect promote drive attach bind break remove
    """,
)

INTRANSITIVE = words(
    """
    extend work last reach travel remain live die lie rise fall run weigh range rank crest migrate
    emigrate immigrate arrive depart proceed talk speak listen look react behave sleep walk dwell wait
    march
    """,
)
