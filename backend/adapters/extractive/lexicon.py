"""English word classes that no rule can derive: closed classes and the words that make poor items."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text that white space separates."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of a text that commas separate."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


DETERMINERS = words(
    """
    the a an this that these those each every some any no all both either neither another such many much
    several few most more less fewer enough certain various half
    """,
)
POSSESSIVES = words(
    """
    my your his her its our their whose
    """,
)
PRONOUNS = words(
    """
    i you he she it we they me him us them myself yourself himself herself itself ourselves themselves
    someone somebody something anyone anything everyone everybody everything nobody nothing none who
    whom whoever whatever others oneself
    """,
)
PREPOSITIONS = words(
    """
    of in on at by for with from into onto over under between among amongst through throughout during
    within without against along across around about above below beneath behind beside besides beyond
    near toward towards upon via per despite except inside outside like unlike until till up down off
    out amid following regarding concerning including plus versus
    """,
)
SUBORDINATORS = words(
    """
    because although though while whilst whereas if when whenever since unless as than whether once so where
    wherever lest provided before after
    """,
)
CONJUNCTIONS = words(
    """
    and or but nor yet
    """,
)
MODALS = words(
    """
    can could may might must shall should will would cannot ought
    """,
)
BE = words(
    """
    is are was were be been being am
    """,
)
HAVE = words(
    """
    has have had having
    """,
)
DO = words(
    """
    does do did
    """,
)
NEGATIONS = words(
    """
    not never n't cannot neither nor no hardly rarely
    """,
)

ADVERBS = words(
    """
    also often usually always sometimes then thus hence therefore however moreover furthermore only just
    even still already again very quite rather too well almost nearly about approximately instead
    together apart away back here there now today later earlier soon ever once twice perhaps maybe
    indeed further alike first second third finally next meanwhile nonetheless nevertheless otherwise
    somewhat long far forward inward outward upward downward thereby afterward afterwards else rarely
    seldom yet likewise ago aside
    """,
)
NOT_ADVERBS = words(
    """
    family supply apply multiply rely reply assembly anomaly early likely daily friendly only fly ally
    belly july italy lovely elderly lonely butterfly monopoly costly deadly orderly scholarly bodily
    monthly weekly yearly hourly unlikely ugly silly holy jelly bully rally comply imply tally sly poly
    lily folly melancholy
    """,
)
ADJECTIVES = words(
    """
    fond capable prone large small big little great good bad new old young long short high low deep
    shallow wide narrow thick thin strong weak hard soft hot cold warm cool fast slow rapid early late
    likely main major minor chief key same different similar other own common rare general special
    specific particular certain various single double first second third fourth fifth last next previous
    several many few more most less least human animal red white black blue green yellow gray brown dark
    light dense simple complex whole entire full empty open true false right left upper lower inner
    outer middle important essential necessary possible able unable available present absent aware due
    responsible modern ancient current recent future past whether daily friendly distinct separate
    unique direct smooth rough sharp dull round flat broad straight steep raw pure dry wet free unknown
    clear obvious familiar mature adult additional entire overall prone dead alive better best worse
    worst larger smaller greater higher longer shorter stronger weaker faster slower older younger
    largest smallest greatest highest lowest longest shortest oldest deeper thicker thinner wider early
    moral male female sure safe poor rich equal loose tight heavy close distant real ready such enough
    costly absolute accurate adequate alternate appropriate approximate complete concrete concise
    definite delicate elaborate extreme fortunate immediate intermediate intimate legitimate moderate
    obscure opposite precise private remote separate severe sincere ultimate dependent independent
    relevant resistant consistent prominent permanent evident apparent efficient sufficient competent
    excellent constant dominant significant abundant distant elegant frequent subsequent adjacent
    transparent inherent coherent persistent difficult easy happy hungry angry busy heavy pretty sweet
    bitter sour loud quiet rigid vivid rapid valid stupid vague wise honest fair cruel brave proud calm
    humble mere sheer numb blind deaf mute lame ill sick healthy wealthy worthy guilty innocent ready
    steady sturdy tiny huge vast giant broad bold bright faint pale fresh stale ripe raw mild fierce
    gentle harsh keen blunt tough crisp stiff firm loose narrow bare naked alone afraid asleep awake
    worth
    """,
)
ADJECTIVE_ENDINGS = (
    "ous",
    "ful",
    "less",
    "able",
    "ible",
    "ic",
    "ical",
    "ive",
    "al",
    "ary",
    "ular",
    "ish",
    "esque",
)
NOUNS_LIKE_ADJECTIVES = words(
    """
    animal mineral chemical hospital signal metal crystal material potential individual approval arrival
    survival removal proposal trial canal interval terminal festival capital manual journal criminal
    professional fabric music logic magic critic topic public clinic mechanic arithmetic ethic metric
    republic traffic olive archive motive objective alternative representative native detective
    adjective narrative initiative library dictionary boundary capillary artery salary vocabulary ovary
    summary century secretary military variable vegetable table cable syllable fish radish finish
    relative cell goal coal meal ideal deal seal rival renewal refusal denial burial ritual rehearsal
    dismissal referral festival arsenal funeral cannibal intellectual fossil petal sepal pedestal
    colonial reversal withdrawal dial vial equal pal principal mammal coral cereal general corporal oval
    appraisal disposal portal rental tutorial editorial memorial antibiotic plastic elastic epidemic
    pandemic skeptic mystic classic comic cosmetic graphic attic basic digestive sedative incentive
    perspective preservative derivative additive collective directive executive centenary commentary
    documentary anniversary adversary missionary revolutionary primary tributary pituitary
    """,
)
NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "million": 1000000,
    "billion": 1000000000,
    "dozen": 12,
}

IRREGULAR_PLURALS = words(
    """
    people men women children feet teeth mice geese oxen data bacteria fungi nuclei phenomena criteria
    media larvae mitochondria vertebrae antibodies stimuli alveoli villi axes crises bases analyses
    hypotheses theses syntheses matrices vertices indices ganglia atria septa ova cilia flagella strata
    spectra curricula algae formulae fascia_ police cattle sulci gyri foramina lumina bronchi viscera
    genera sera quanta millennia symposia memoranda radii foci loci cacti alumni emboli thrombi humans
    romans germans humeri glomeruli calculi tori rami
    """,
)
SINGULAR_S = words(
    """
    is was has this its as us thus plus gas lens series species mathematics physics ethics politics
    economics genetics mechanics dynamics statistics kinetics news diabetes rabies measles pelvis pubis
    axis basis crisis analysis synthesis hypothesis thesis emphasis always perhaps besides towards
    herpes feces biceps triceps quadriceps forceps ethos chaos cosmos bias atlas canvas christmas lupus
    linguistics logistics metaphysics aesthetics electronics optics acoustics thermodynamics biophysics
    robotics informatics hermeneutics ceps
    """,
)

CONNECTIVES = phrases(
    """
    however, therefore, thus, hence, moreover, furthermore, in addition, in fact, indeed, for example,
    for instance, in contrast, by contrast, on the other hand, as a result, in general, in other words,
    that is, consequently, finally, first, second, third, next, then, instead, likewise, similarly,
    additionally, overall, generally, in particular, specifically, importantly, interestingly, notably,
    in short, of course, nevertheless, nonetheless, conversely, also, in turn, accordingly, ultimately,
    in summary, in conclusion, basically, essentially, typically, usually, often, sometimes, recall
    that, note that, remember that, again, meanwhile, still, and, but, so, yet, or, now, clearly,
    surprisingly, unfortunately, fortunately, normally, more specifically, more generally, strictly
    speaking, broadly speaking, above all, after all, lastly, secondly, thirdly, firstly, for this
    reason, for these reasons, in similar fashion, in this way, in this case, in many cases, in most
    cases, at best, to be sure, in practice, in principle, in theory, in reality, in short, in essence,
    in part, in sum, to begin with, at the same time
    """,
)

_VAGUE = words(
    """
    mechanism loop
    result results example examples way ways thing things case cases point points figure figures table
    tables chapter chapters section sections reason reasons problem problems question questions idea
    ideas fact facts situation situations difference differences author authors study studies text
    passage passages paragraph page pages picture image images video answer answers term terms word
    words issue issues claim claims view views argument arguments approach approaches aspect aspects
    factor factors feature features item items step steps event events outcome outcomes effect effects
    change changes condition conditions group groups instance instances one ones former latter rest
    others other person people individual individuals man men woman women patient patients student
    students reader readers researcher researchers scientist scientists team company number numbers
    amount amounts area areas part parts side sides place places time times day days process processes
    structure structures type types kind kinds form forms set sets list lists method methods state
    states level levels role roles function functions stage stages phase phases region regions trait
    traits property properties principle principles theory theories model models concept concepts topic
    topics sum activity activities action actions technique techniques experiment experiments finding
    findings goal goals purpose purposes lot majority combination variety range series pair position
    positions statement statements conclusion conclusions premise premises definition definitions
    discussion explanation explanations system choice choices response responses data information work
    works book books story stories attempt attempts task tasks relationship relationships connection
    connections pattern patterns solution solutions value values name names advantage advantages
    disadvantage disadvantages benefit benefits challenge challenges need needs use uses beginning end
    start first second third last two three four half remainder majority program programs product
    products cause causes difficulty objective objectives sense senses object objects substance
    substances element elements component components unit units character characters figure line lines
    city country world year years century centuries decade decades month months week weeks hour hours
    minute moment period periods era course thinker thinkers philosopher philosophers scholar scholars
    writer writers tool tools plan plans path paths thought thoughts belief beliefs practice practices
    subject subjects evidence distinction distinctions attempt sentence sentences key way opposite
    difference version versions sample
    """,
)
VAGUE_HEADS = _VAGUE | {f"{word}s" for word in _VAGUE}
COMMON_NOUNS = VAGUE_HEADS | words(
    """
    class classes notion notions crisis movement conflict project debate life body human humans water
    food house home hand head eye eyes face room door car money family friend mother father child
    children parent parents boy girl night morning job school university business government law power
    order service market interest development support control increase decrease loss gain access care
    use size shape color length width height depth speed rate degree percent percentage majority
    minority success failure effort ability knowledge experience understanding importance presence
    absence existence addition removal movement ability nature history society culture language member
    members material materials space distance direction surface edge top bottom front back center middle
    inside outside thousand million help attention chance kind sort bit piece pieces matter hundred
    thousands millions contrast addition mind sight manner means extent basis course sake order age
    amount variety range lack view focus length arguments argument claims beliefs concepts philosophers
    scientists theorists researchers critics scholars objects things men women everyone adults children
    animals plants thanks need title note link website site source sources credit license copyright
    author edition volume account accounts analysis analyses formulation interpretation conception
    perspective outlook
    """,
)
GENERIC_ADJECTIVES = words(
    """
    many several different various new large small other certain important main major minor similar same
    own such more most less few good great big little long short high low common single general specific
    particular additional first second third last next previous early late recent modern old young
    entire whole full possible available different distinct unique special typical normal key essential
    necessary further related following above actual basic complete current overall relative respective
    resulting remaining surrounding corresponding underlying given known so-called true real very
    numerous multiple two three four five six seven eight nine ten larger smaller greater higher lower
    better best largest smallest greatest highest longer shorter longest shortest famous popular wide
    narrow particular individual overall initial final primary_ local_ entire excessive sufficient
    adequate extra ordinary potential daily simple complex single additional appropriate existing
    varying increased decreased increasing decreasing continued continuing
    """,
)
SAYING = words(
    """
    argue argues argued claim claims claimed believe believes believed hold holds held maintain
    maintains maintained propose proposes proposed suggest suggests suggested state states stated think
    thinks thought write writes wrote assert asserts asserted contend contends contended conclude
    concludes concluded teach teaches taught posit posits posited
    """,
)
DEEDS = SAYING | words(
    """
    deposed married conquered reigned wrote painted composed preached resigned
    published invented discovered coined theorized criticized questioned died studied translated painted
    objected
    """,
)
PERSON_NOUNS = words(
    """
    philosopher scientist physicist chemist biologist mathematician engineer writer author poet king
    queen emperor president politician leader artist painter composer musician scholar theologian
    missionary economist psychologist sociologist anthropologist historian physician surgeon anatomist
    nurse teacher professor inventor explorer general soldier player astronomer botanist naturalist
    geologist linguist logician monk priest founder thinker activist architect actor actress singer
    director journalist critic essayist novelist statesman lawyer jurist researcher programmer ruler
    prince princess pharaoh saint prophet mystic pope bishop student
    """,
)
NEVER_OPTIONS = words(
    """
    january february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday christian today north south east west etc ce bce ad bc
    """,
)


ONE_OF_MANY = words(
    """
    organ structure site molecule substance market network team game company city town fort battle treaty film
    series show book album song drought committee commission council area region building ship crew mission
    """
)
"""Things that a text has many of: which one is meant, only the sentence before says."""

POINTERS = words(
    """
    here there today now earlier later again previously recently aforementioned respectively instead
    likewise similarly thereby therefore thus hence so however consequently above below elsewhere
    meanwhile further alike otherwise
    """,
)

COMPARATIVES = words(
    """
    larger smaller longer shorter deeper wider narrower thicker thinner stronger weaker faster slower
    older younger better worse bigger greater simpler earlier closer lighter heavier darker
    """,
)
QUANTIFIERS = words(
    """
    some many several few any certain various no more most much less enough another
    """,
)
