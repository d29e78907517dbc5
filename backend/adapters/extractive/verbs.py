"""English verbs of expository prose and their forms.

The list need not be complete: the tagger guesses unknown verbs from their neighbours. It serves the
inflection that questions need ("failed" to "did ... fail"), where a guess would be seen at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lexicon import words

_REGULAR = """
abduct absorb accelerate accept access accommodate accompany accomplish account accrue accumulate
achieve acknowledge acquire act activate adapt add address adhere adjoin adjust administer admit
adopt advance advise advocate affect affirm age aggregate agree aid aim alert align alleviate
allocate allow alter alternate amend amount amplify analyze anchor annex annotate announce answer
appeal appear apply appoint appreciate approach approve approximate argue arouse arrange arrive
articulate ascend ascertain ascribe ask assemble assert assess assign assimilate assist associate
assume assure attach attack attain attempt attend attest attract attribute augment authenticate
avert avoid balance ban barter base bathe behave believe belong benefit besiege bestow bind block
boast boil boost border bound branch break breathe bridge buckle buffer bypass cache calculate call
cancel capture care carry cast catalyze categorize cause cease celebrate censor challenge change
characterise characterize charge check chronicle circulate circumvent cite claim clarify clash
classify clean cleanse clear close cluster coat code coerce coexist coil coin coincide collaborate
collapse collect colonize combat combine command commemorate commence comment commit communicate
compare compel compensate compete compile complain complement complete complicate compose comprehend
compress comprise compute concatenate concede concentrate concern conclude condemn condense conduct
confer confine confirm conflict conform confront confuse congregate connect conquer conserve
consider consist consolidate constitute constrain constrict construct consume contact contain
contaminate contemplate contend continue contract contradict contrast contribute control converge
convert convey convince cool cooperate coordinate cope correct correlate correspond corrupt count
counter counteract couple cover crack craft crash create criticize cross cruise crystallize
culminate cultivate curb cure customize cycle damage date deal debate debug decay decide decipher
declare decline decode decompose decrease dedicate deduce deem defeat defend define deflect deform
defy degrade dehydrate delay delegate delete delineate deliver demand demarcate demolish demonstrate
denature denote denounce deny depart depend depict deplete deploy depolarize depose deposit depress
deprive derive descend describe deserve design designate desire despise destroy detach detain detect
deter deteriorate determine devastate develop deviate devise devote diagnose dictate die differ
differentiate diffuse digest digitize dilate dilute diminish direct disagree disappear disband
discard discharge discourage discover discuss dismiss disobey disperse displace display dispute
disqualify disrupt dissect dissipate dissociate dissolve distend distill distinguish distort
distract distribute disturb dive diverge divert divide dominate donate double download drain drop
duplicate dwell earn ease edit educate effect eject elaborate elect elevate elicit eliminate elude
embark embed embody embrace emerge emit emphasize employ empty emulate enable enact encircle enclose
encode encompass encounter encourage encrypt end endanger endorse endow endure enforce engage
enhance enjoy enlarge enrich enroll ensure entail enter entitle enumerate envelop envision equal
equate equip eradicate erect erode erupt escape espouse establish estimate evade evaluate evaporate
evoke evolve exacerbate exaggerate examine excavate exceed exchange excite exclude excrete execute
exemplify exercise exert exhale exhaust exhibit exile exist exit expand expect expel expend
experience expire explain exploit explore export expose express extend extract extrude fabricate
face facilitate fail fan fasten favor feature ferment fertilize fill filter finance finish fire fit
fix flank flatten flex float flood flourish flow fluctuate flutter focus fold follow force forge
form formalize formulate fortify foster found fracture fragment free fuel fulfill function fund
furnish fuse gain gather generate germinate govern grade graduate grant grasp graze group guarantee
guard guide halt halve handle happen harbor harm harvest hasten hate heal heat help highlight hire
host house hunt hybridize hydrolyze hypothesize identify ignite ignore illustrate imagine imitate
immigrate immunize impair impart impede implement implicate imply import impose imprison improve
inactivate incline include incorporate increase indicate induce infect infer infiltrate inflame
inflate influence inform ingest inhabit inhale inherit inhibit initiate inject innervate insert
insist inspire install instigate instruct insulate integrate intend intensify interact interconnect
interfere interpolate interpret interrupt intersect introduce invade invent invert invest
investigate invite involve ionize irritate isolate issue iterate join judge justify kill label lack
last launch leak learn legitimize lengthen leverage liberate lie lift ligate limit line link list
listen live load locate lock lodge loosen love lower lubricate magnify maintain manage manifest
manipulate manufacture map mark marry match mature maximize measure mediate melt memorize merge
merit metabolize migrate mimic mine minimize miss mix mobilize model modify modulate moisten monitor
motivate mount move multiply mutate name narrow navigate necessitate need neglect negotiate
neutralize nominate normalize notice nourish nurture obey oblige observe obstruct obtain occupy
occur offer open operate oppose optimize orbit order organise organize orient originate oscillate
ossify oust outlaw outline outweigh overcome overestimate overlap overlook oversee overwhelm own
oxidize pack paint parallel parse participate partner pass pave penetrate perceive perforate perform
permeate permit persist persuade phosphorylate photosynthesize pick pierce place plan plant play
plunge point polarize pollinate populate portray pose posit position possess postulate practice
praise precede precipitate preclude predict predominate prefer prepare preprocess prescribe present
preserve preside press pressure pretend prevail prevent prioritize proceed process proclaim produce
profess program progress prohibit project proliferate prolong promote prompt propagate propel
propose prosecute prosper protect protrude prove provide provoke publish pull pump punish purchase
pursue push qualify quantify query question radiate raise range rank ratify rationalize reabsorb
reach react realize reason rebel rebuild recall receive reclaim recognise recognize recommend
reconcile reconstruct record recover recruit recycle redefine redirect reduce reestablish refer
refine reflect reform refrain refute regain regard regenerate register regularize regulate reign
reinforce reiterate reject relate relax relay release relieve reload relocate rely remain remember
remind remove render renounce reorganize repair repeal repeat repel replace replenish replicate
repolarize report represent repress reproduce repudiate require rescue resemble reserve reside
resign resist resolve resonate respect respond rest restore restrict result resume retain retire
retract retreat retrieve return reuse reveal reverse review revise revive revolt revolve reward
rival robe root rotate rule rupture sacrifice safeguard sample sanction satisfy save scan scatter
scrutinize seal search secede secrete secure seem segregate select sense separate sequester serve
settle sever shape share shed shield shift shorten shrink shuffle signal signify simplify simulate
situate slide slope slow smooth soften solve sort span spark specialise specialize specify spill
sprout spur squeeze stabilize stain stall standardize start starve state stay steer stem stimulate
stipulate stop store strain streamline strengthen stress stretch structure struggle study subdivide
sublimate submit subscribe subsidize subtract succeed suffer suggest summarise summarize supersede
supervise supplement supply support suppose suppress surpass surrender surround survive suspect
suspend sustain swallow swap switch symbolize synthesize tackle tailor talk taper target taste tax
tend term terminate test thicken threaten thrive tie tighten tilt tokenize tolerate topple touch
trace track trade train transcend transcribe transfer transform transition translate transmit
transport trap travel traverse treat trick trigger try turn uncoil underestimate undergird underlie
undermine unfold unify unite unveil update upgrade upload urge use utilize vaccinate validate vanish
vary venerate vent ventilate verify view violate visit visualize volunteer vote wait walk want warm
warn wash waste weaken weigh widen wish wither witness wonder work worry worship wrap yield
"""
_RARE = """
abandon abbreviate abolish abound accede acclaim accredit acquiesce acquit adjourn admire admonish adorn
adulterate advertise aggravate air airlift alarm alienate ally amass ambush amputate amuse animate
annihilate annul anoint antagonize anticipate appease applaud apportion apprehend arm arrest assassinate
assault astonish auction audit automate awaken award baptize bar battle befriend beg behead belittle
betray bewilder blackmail blame blast bless blockade blossom bomb bombard book boycott brand bribe
broker budget burden bury campaign canonize capitulate captain cater cede cement censure certify chair
champion chant charter chase cherish christen civilize clamor clinch coach cobble codify cohabit
commandeer commend commission comply compromise conceal condone confederate confess confiscate
congratulate conscript consecrate conspire consult consummate contest convene converse convict convoke
coronate crave crown crusade curate curtail dam dazzle deactivate debut decimate deck decommission
decorate decree defame default defect defer defuse degenerate deify demilitarize demobilize demote
depopulate deport deprecate derail deregulate desert despatch destabilize dethrone devalue devour
digitise dine disarm discontinue discredit discriminate dislodge dismantle dispatch dissent diversify
divorce draft dwarf eclipse elapse emancipate embargo empower encamp encroach engulf enlist enslave
entertain enthrone entrench entrust escalate escort evacuate evict exact excel exclaim excommunicate
exempt exonerate expropriate extinguish falter farm fascinate ferry figure film finalize flatter foil
fulfil gallop galvanize garner garrison greet grieve harass harbour harness haul head herald hinder
honor honour humiliate idolize impeach impel implore impound impoverish inaugurate incite inflict injure
innovate inscribe institute intercept intermarry intervene intimidate invoke journey knight land laud
lease legalize legislate license lobby loot lure maim mandate march marginalize market massacre master
mastermind militarize mint modernise modernize monopolize mourn murder nationalize nickname offend
officiate opt orchestrate ordain orphan outnumber outrage overpower overturn pacify pardon parody
partition patent patrol patronize perish persecute petition photograph pillage pilot pioneer pledge plot
plow plunder poison police popularise popularize postpone preach procure promulgate protest purge
quarantine quell rage raid rally ransom ravage raze rebrand rebuke recapture recite reconquer redesign
redevelop reelect refurbish refuse regroup rehabilitate reimburse reinstate relaunch relinquish remodel
rename renovate reprint reprise request resent restructure resurface retaliate reunite revamp
revolutionize rob ruin rumor sabotage sack salvage schedule score scrap sculpt season seize sentence
shelter shock slaughter smuggle socialise solicit sponsor squander staff stage star station subdue
subjugate submerge succumb sue summon symbolise task televise terrorize testify thwart torture tour
trample triple triumph trouble tutor urbanize usher usurp utter vacate vandalize venture veto vex
victimize vow wage warrant welcome wound
"""
"""Verbs known by their past forms only: the others are nouns as often."""
# base past participle (base alone: all three alike)
_IRREGULAR = """
be was been, bear bore borne, beat beat beaten, become became become, begin began begun, bend bent
bent, bind bound bound, bite bit bitten, blow blew blown, break broke broken, breed bred bred, bring
brought brought, build built built, burst burst burst, buy bought bought, cast cast cast, catch
caught caught, choose chose chosen, cling clung clung, come came come, cost cost cost, cut cut cut,
deal dealt dealt, dig dug dug, do did done, draw drew drawn, drink drank drunk, drive drove driven,
eat ate eaten, fall fell fallen, feed fed fed, feel felt felt, fight fought fought, find found
found, flee fled fled, fly flew flown, forget forgot forgotten, forgive forgave forgiven, freeze
froze frozen, get got gotten, give gave given, go went gone, grow grew grown, hang hung hung, have
had had, hear heard heard, hide hid hidden, hit hit hit, hold held held, hurt hurt hurt, keep kept
kept, know knew known, lay laid laid, lead led led, leave left left, lend lent lent, let let let,
lie lay lain, lose lost lost, make made made, mean meant meant, meet met met, overcome overcame
overcome, overlie overlay overlain, pay paid paid, put put put, read read read, ride rode ridden,
ring rang rung, rise rose risen, arise arose arisen, run ran run, say said said, see saw seen, seek
sought sought, sell sold sold, send sent sent, set set set, shake shook shaken, shed shed shed,
shine shone shone, shoot shot shot, show showed shown, shrink shrank shrunk, shut shut shut, sing
sang sung, sink sank sunk, sit sat sat, sleep slept slept, slide slid slid, speak spoke spoken,
spend spent spent, spin spun spun, split split split, spread spread spread, spring sprang sprung,
stand stood stood, steal stole stolen, stick stuck stuck, strike struck struck, strive strove
striven, swell swelled swollen, swim swam swum, swing swung swung, take took taken, teach taught
taught, tear tore torn, tell told told, think thought thought, throw threw thrown, undergo underwent
undergone, understand understood understood, undertake undertook undertaken, underlie underlay
underlain, mistake mistook mistaken, sweep swept swept, withhold withheld withheld, forbid forbade
forbidden, overtake overtook overtaken, outgrow outgrew outgrown, uphold upheld upheld, wake woke
woken, wear wore worn, weave wove woven, win won won, wind wound wound, withdraw withdrew withdrawn,
withstand withstood withstood, write wrote written, rewrite rewrote rewritten, foresee foresaw
foreseen, overthrow overthrew overthrown, mislead misled misled
"""
_DOUBLED = words(
    """
    admit commit compel confer control defer deter drag drop emit equip expel fit grip infer occur omit
    permit plan plot prefer propel refer regret repel scan ship skip slip spot stem step stir stop strip
    submit swap tap transfer transmit trap trim wrap ban map rub rob pin tip beg hug nod pop fan allot
    abhor incur recur rebut bar dam scrap star
    """,
)
NOUN_TOO = words(
    """
    access account act advance age aid aim alert amount answer appeal approach attack attempt attribute
    balance ban base bear beat benefit bite block blow bone boost border bound brain branch break bridge
    buffer cache call care cast catch cause cell challenge change charge check claim clash clean coat
    code coil combat command comment complement compound compress concern conduct conflict contact
    contract contrast control cost count counter couple cover crack craft crash cross cruise cure cut
    cycle damage date deal debate decay decline decrease defeat delay demand deposit design desire dig
    discharge display dispute dive double doubt download drain draw dream drink drive drop ease effect
    end escape estimate exchange exercise exile exit experience export express extract face fall fan
    feature feed fight fill filter finance find fire fit flood flow fly focus fold force forge form
    fracture fragment fuel function fund fuse gain grade grant grasp group guarantee guard guide hang
    harm harvest hate heart heat help hit hold hope host house hunt hurt idea impact import increase
    influence interest issue judge kill label lack laugh lay lead leak lie lift light limit line link
    list live load lock lodge look loss love manufacture map mark match matter mean measure merit mind
    mine miss mix model mount move muscle name need nerve notice offer orbit order overlap own oxide
    pack paint parallel part partner pass pattern pick place plan plant play point pose position
    practice praise present press pressure process produce program progress project prompt pump purchase
    push query question range rank rate reach reason rebel recall record reform regard reign relay
    release repair repeal repeat reply report request research reserve resign respect rest result
    retreat return reverse review reward ring rise rival root rule run sacrifice sail sample sanction
    save scale scan seal search segment sense sentence set shape share shield shift show signal sleep
    slide slope smell smile sort sound source span spark split spread spring stage stain stand start
    state stay stem step stick stop store strain stress stretch strike structure struggle study subject
    supplement supply support surface suspect swap swing switch talk taper target taste tax tear term
    test tie tilt tissue touch trace track trade train transfer transition transport trap travel treat
    trick trigger try turn type urge use value vent vessel view visit volunteer vote wait wake walk want
    warm wash waste watch water wave wear win wind wish witness wonder work worry worship wrap yield
    """,
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
    doubles = base in _DOUBLED or base in {
        "run",
        "set",
        "put",
        "cut",
        "get",
        "sit",
        "let",
        "begin",
        "split",
        "win",
        "hit",
    }
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
_BY_PAST = {_past(b): Verb(b, _third(b), _past(b), _past(b), _gerund(b)) for b in _RARE.split()}
PAST: dict[str, Verb] = _BY_PAST | {verb.past: verb for verb in VERBS.values()}
PARTICIPLE: dict[str, Verb] = _BY_PAST | {verb.participle: verb for verb in VERBS.values()}
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
