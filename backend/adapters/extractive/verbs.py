"""English verbs of expository prose and their forms.

The list need not be complete: the tagger guesses unknown verbs from their neighbours. It serves the
inflection that questions need ("failed" to "did ... fail"), where a guess would be seen at once.
"""

from __future__ import annotations

from dataclasses import dataclass

_REGULAR = """
absorb accelerate accept access accommodate accompany accomplish account accumulate achieve acknowledge acquire act
activate adapt add address adhere adjust administer admit adopt advance advise advocate affect affirm age aggregate agree aid
aim alert align allow alter alternate amount amplify analyze anchor announce answer appeal appear apply appoint
appreciate approach approve approximate argue arrange arrive articulate ascend ask assemble assert assess assign
assimilate assist associate assume assure attach attack attain attempt attend attract attribute avoid balance ban base
bathe behave believe belong benefit bind block boil border bound branch break bypass calculate call cancel capture
carry cast categorize cause cease celebrate challenge change characterize charge check circulate cite claim clarify
classify clear close cluster coat code coin collaborate collapse collect colonize combine command commence comment commit
communicate compare compel compensate compete complain complement complete complicate compose comprehend compress
comprise compute concentrate concern conclude condense conduct confer confirm conflict confront confuse connect conquer
consider consist constitute constrain constrict construct consume contact contain contend continue contract contradict
contrast contribute control converge convert convey convince cool cooperate coordinate cope correct correlate
correspond corrupt counteract couple cover crack create criticize cross cultivate cure damage date deal debate decay
decide declare decline decompose decrease deduce defeat defend define deform degrade delay deliver demand demonstrate
denote deny depart depend depict deplete deploy deposit depress deprive derive descend describe deserve design
designate desire destroy detach detect deter determine develop deviate devise devote diagnose dictate die differ
differentiate diffuse digest dilate diminish direct disagree disappear discard discharge discover discuss dismiss
displace display disrupt dissolve distinguish distort distribute disturb diverge divide dominate donate double drain
drop duplicate earn ease educate effect eject elaborate elevate elicit eliminate embed embody embrace emerge emit
emphasize employ empty enable encircle enclose encode encounter encourage end endorse endure engage enhance enjoy
enlarge enrich ensure entail enter equal equip eradicate erode erupt escape establish estimate evaluate evaporate
evoke evolve examine exceed exchange excite exclude excrete execute exercise exert exhale exhibit exist expand expect
expel experience explain exploit explore export expose express extend extract face facilitate fail fan fasten favor
feature fertilize fill filter finance finish fire fit fix flatten flex float flow focus fold follow force form
formulate foster found fracture fragment free fuel fulfill function fund fuse gain gather generate govern grade grant
group guarantee guard guide halt handle happen harm harvest heal heat help highlight hire host house hypothesize identify
ignite ignore illustrate imagine imitate immigrate impair implement imply import impose improve include incorporate
increase indicate induce infect infer inflame inflate influence inform ingest inhabit inhale inherit inhibit initiate
inject innervate insert insist inspire install instruct insulate integrate intend intensify interact interconnect
interfere interpret interrupt intersect introduce invade invent invest investigate invite involve ionize irritate
isolate issue join judge justify kill label lack last launch learn lengthen lie limit line link list live load locate
lock loosen lower lubricate maintain manage manifest manipulate map mark match mature maximize measure mediate
melt merge metabolize migrate minimize mix mobilize model modify moisten monitor motivate mount move multiply name
narrow need neutralize nourish obey observe obtain occupy occur offer open operate oppose order organize orient
originate outline overlap oversee own oxidize pack paint parallel participate partner pass penetrate perceive perform permit
persist persuade phosphorylate pierce place plan plant play point polarize populate portray position possess postulate
practice praise precede precipitate predict predominate prefer prepare prescribe present preserve press pressure prevail
prevent process proclaim produce program progress prohibit project prolong promote prompt propagate propel propose
protect protrude prove provide publish pull pump punish purchase pursue push qualify question radiate raise range
rank reach react realize reason receive recognize recommend reconstruct record recover recruit recycle redirect reduce
refer refine reflect regenerate regard register regulate reinforce reject relate relax release relieve rely remain
remember remind remove render repair repeat repel replace replicate report represent reproduce repress require rescue
resemble reserve reside resist resolve respect respond rest restore restrict result resume retain retract retrieve
return reveal reverse revise revive revolve reward root rotate rule rupture sample satisfy scan scatter seal search
secrete secure seem segregate select separate serve settle shape share shield shift shorten shrink signal signify
simplify simulate slide slope slow smooth solve sort span specialize specify spill stabilize stain stall start state stem
stimulate stop store strain strengthen stress stretch structure struggle study subdivide submit subscribe succeed suffer
suggest summarize supplement supply support suppose suppress surpass surround survive suspend sustain switch symbolize
synthesize tackle target taste tend term terminate test thicken threaten tie tighten tolerate touch trace track trade
train transcribe transfer transform transition translate transmit transport trap travel treat trigger turn undergird
unfold unify unite update upgrade urge use utilize vanish vary vent ventilate view violate visit visualize volunteer
vote wait want warm warn wash waste weaken weigh widen witness wonder work worry wrap yield adjoin arouse assemble
counter crystallize delineate demarcate denature deteriorate dehydrate demolish excavate expend extrude flourish
germinate graduate harbor hydrolyze impede inactivate ligate lodge nominate oblige ossify overcome perforate permeate
pollinate reabsorb rebel reform reorganize retreat robe secede sense sever shed spark specialise organise recognise
characterise summarise sprout squeeze steer sublimate swallow swap tax tilt topple traverse underlie wither encompass
enforce entitle envelop envision exemplify fluctuate flank espouse posit refute embrace repudiate reiterate resonate
undermine buckle save lift alleviate debug review count download flutter upload breathe try proceed pick exit reload stay proliferate
talk dilute notice buffer augment combat boost recall manufacture evade divert wish rebuild neglect formalize enumerate refrain
distract emulate verify ascertain cruise leverage shuffle dissect dive abduct walk depolarize repolarize impart thrive taper
reestablish hasten overwhelm cleanse pose defy miss profess coincide conform craft hate trick navigate consolidate disobey merit
overestimate underestimate reuse preprocess modulate relay cycle catalyze sequester clean distend bridge coil uncoil oscillate
listen preclude grasp overlook legitimize bestow barter prioritize pretend dwell stipulate furnish love conserve care accrue amend
annex ascribe attest avert besiege boast censor chronicle circumvent clash coerce coexist commemorate concede condemn confine
congregate contaminate contemplate crash culminate curb customize decode decipher dedicate deem delegate delete deflect denounce
depose despise detain devastate digitize disband discourage disperse dispute disqualify dissipate dissociate distill edit elect
elude embark endanger endow enact enroll equate erect exacerbate exaggerate exhaust exile expire fabricate ferment flood forge
fortify graze halve hunt hybridize immunize implicate imprison incline infiltrate instigate interpolate invert iterate leak liberate
magnify marry memorize mimic mine mutate necessitate negotiate normalize nurture obstruct orbit oust outlaw outweigh pave
photosynthesize plunge preside prosecute prosper provoke quantify ratify rationalize reclaim reconcile redefine regain reign
relocate renounce repeal replenish resign retire revolt rival sacrifice safeguard sanction scrutinize situate soften spur
standardize starve streamline subsidize subtract supersede supervise surrender suspect tailor transcend unveil vaccinate validate
venerate worship tokenize annotate parse compile allocate authenticate encrypt query cache optimize regularize concatenate
"""
# base past participle (base alone: all three alike)
_IRREGULAR = """
be was been, bear bore borne, beat beat beaten, become became become, begin began begun, bend bent bent, bind bound bound,
bite bit bitten, blow blew blown, break broke broken, breed bred bred, bring brought brought, build built built,
burst burst burst, buy bought bought, cast cast cast, catch caught caught, choose chose chosen, cling clung clung,
come came come, cost cost cost, cut cut cut, deal dealt dealt, dig dug dug, do did done, draw drew drawn, drink drank drunk,
drive drove driven, eat ate eaten, fall fell fallen, feed fed fed, feel felt felt, fight fought fought, find found found,
flee fled fled, fly flew flown, forget forgot forgotten, forgive forgave forgiven, freeze froze frozen, get got gotten,
give gave given, go went gone, grow grew grown, hang hung hung, have had had, hear heard heard, hide hid hidden,
hit hit hit, hold held held, hurt hurt hurt, keep kept kept, know knew known, lay laid laid, lead led led, leave left left,
lend lent lent, let let let, lie lay lain, lose lost lost, make made made, mean meant meant, meet met met,
overcome overcame overcome, overlie overlay overlain, pay paid paid, put put put, read read read, ride rode ridden,
ring rang rung, rise rose risen, arise arose arisen, run ran run, say said said, see saw seen, seek sought sought,
sell sold sold, send sent sent, set set set, shake shook shaken, shed shed shed, shine shone shone, shoot shot shot,
show showed shown, shrink shrank shrunk, shut shut shut, sing sang sung, sink sank sunk, sit sat sat, sleep slept slept,
slide slid slid, speak spoke spoken, spend spent spent, spin spun spun, split split split, spread spread spread,
spring sprang sprung, stand stood stood, steal stole stolen, stick stuck stuck, strike struck struck, strive strove striven,
swell swelled swollen, swim swam swum, swing swung swung, take took taken, teach taught taught, tear tore torn,
tell told told, think thought thought, throw threw thrown, undergo underwent undergone, understand understood understood,
undertake undertook undertaken, underlie underlay underlain, mistake mistook mistaken, sweep swept swept, withhold withheld withheld, forbid forbade forbidden, overtake overtook overtaken, outgrow outgrew outgrown, uphold upheld upheld, wake woke woken, wear wore worn,
weave wove woven, win won won, wind wound wound, withdraw withdrew withdrawn, withstand withstood withstood, write wrote written,
rewrite rewrote rewritten, foresee foresaw foreseen, overthrow overthrew overthrown, mislead misled misled
"""
_DOUBLED = frozenset(
    "admit commit compel confer control defer deter drag drop emit equip expel fit grip infer occur omit permit plan"
    " plot prefer propel refer regret repel scan ship skip slip spot stem step stir stop strip submit swap tap"
    " transfer transmit trap trim wrap ban map rub rob pin tip beg hug nod pop fan allot abhor incur recur rebut".split(),
)
NOUN_TOO = frozenset(
    "access account act aid aim amount answer approach attack attempt attribute balance base benefit block border bound branch"
    " break call cause challenge change charge check claim code coat command comment compound conduct conflict contact"
    " contract contrast control cost counter couple cover crack cross cure cut damage date deal debate decay decline"
    " decrease delay demand deposit design desire discharge display double drain drink drive drop ease effect end escape"
    " estimate exchange exercise experience export express extract face feature feed fight fill filter finance"
    " find fire fit flow focus fold force form fracture fragment fuel function fund fuse gain grade grant group guarantee"
    " guard guide harm harvest heat help hold host house impact import increase influence interest issue judge kill"
    " label lack lead lie limit line link list live load lock look loss map mark match matter mean measure model mount move"
    " name need offer order overlap own pack paint parallel part partner pass pattern place plan plant play point"
    " position practice praise present press pressure process produce program progress project prompt pump purchase"
    " push question range rank rate reach reason record reform regard release repair repeat report research reserve"
    " respect rest result return reverse reward ring rise root rule run sample scale scan seal search sense"
    " sentence set shape share shield shift show signal sleep slide slope smell sort sound source span spark split spread spring"
    " stage stain stand start state stem step stop store strain stress stretch strike structure struggle study"
    " subject supplement supply support surface switch target taste tax tear term test tie touch trace track trade train"
    " transfer transition transport trap travel treat trigger turn type use value view visit vote wait walk want"
    " warm wash waste watch water wave wear wind witness wonder work worry wrap yield group light bone muscle"
    " nerve cell tissue vessel heart brain function state mind value age alert ban bear beat bite blow cast catch couple"
    " contract dig draw drink fall fan fly hang hit hurt lay mix retreat stick swing wake win compress complement segment"
    " advance appeal benefit challenge concern defeat desire doubt dream hope idea laugh love reply request rebel sail"
    " count exit save lift review download walk cycle bridge buffer coil notice wish stay cruise craft trick merit relay care clash crash dispute exile flood forge hunt leak mine orbit reign repeal resign rival sacrifice sanction suspect worship query cache talk taper miss love hate recall boost combat manufacture grasp pose dive clean pick try"
    " smile swap tilt turn urge vent volunteer lodge oxide".split(),
)


@dataclass(frozen=True, slots=True)
class Verb:
    """The five written forms of one verb."""

    base: str
    third: str
    past: str
    participle: str
    gerund: str


def _third(base: str) -> str:
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    if base.endswith(("s", "sh", "ch", "x", "z", "o")):
        return base + "es"
    return base + "s"


def _past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + (base[-1] if base in _DOUBLED else "") + "ed"


def _gerund(base: str) -> str:
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")) and base != "be":
        return base[:-1] + "ing"
    doubles = base in _DOUBLED or base in {"run", "set", "put", "cut", "get", "sit", "let", "begin", "split", "win", "hit"}
    return base + (base[-1] if doubles else "") + "ing"


def _verbs() -> dict[str, Verb]:
    irregular = {}
    for entry in _IRREGULAR.replace("\n", " ").split(","):
        base, past, participle = entry.split()
        irregular[base] = Verb(base, _third(base), past, participle, _gerund(base))
    irregular["have"] = Verb("have", "has", "had", "had", "having")
    regular = {b: Verb(b, _third(b), _past(b), _past(b), _gerund(b)) for b in _REGULAR.split()}
    return regular | irregular


VERBS: dict[str, Verb] = _verbs()
THIRD: dict[str, Verb] = {verb.third: verb for verb in VERBS.values()}
PAST: dict[str, Verb] = {verb.past: verb for verb in VERBS.values()}
PARTICIPLE: dict[str, Verb] = {verb.participle: verb for verb in VERBS.values()}
GERUND: dict[str, Verb] = {verb.gerund: verb for verb in VERBS.values()}


def base_of_third(form: str) -> str:
    """Base of a third person form, by rule where the verb is unknown: ``innervates`` to ``innervate``."""
    if form in THIRD:
        return THIRD[form].base
    if form.endswith("ies") and len(form) > 4:
        return form[:-3] + "y"
    if form.endswith(("shes", "ches", "sses", "xes", "zzes")):
        return form[:-2]
    return form.removesuffix("s")


def base_of_past(form: str) -> str | None:
    """Base of a past tense form; None where the verb is unknown, since "hoped" and "hopped" need a list."""
    verb = PAST.get(form)
    return verb.base if verb else None


def finite(participle: str, *, past: bool) -> str | None:
    """The active form for a passive participle: ``produced`` to ``produces`` (or, in the past, ``produced``)."""
    verb = PARTICIPLE.get(participle)
    if verb is None:
        return None
    return verb.past if past else verb.third
