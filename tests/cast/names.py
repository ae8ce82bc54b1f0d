"""Every proper name of a cast, so that another cast is another `Names`, seed and start. All invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words4:
    """One name in the four languages of the cast."""

    en: str
    ar: str
    fr: str
    am: str

    def __getitem__(self, lang: str) -> str:
        return str(getattr(self, lang))


@dataclass(frozen=True)
class Names:
    """The fictional names and tags of one cast; tags without '#'."""

    key: str
    movement: Words4  # with the article where the language has one
    movement_of: Words4  # "of the movement"
    order: Words4  # its second name
    vigil: Words4  # what it calls its taking of towns by force: the violence criterion
    emblem: Words4  # "lamp": what members carry
    place: Words4  # where the campaign calls people to
    place_later: Words4  # where part of the later calls point
    rival: Words4
    town_a: Words4
    town_b: Words4
    town_c: Words4
    grievance: Words4  # the trigger event as people say it, a clause
    event_title: str
    campaign_tags: Words4
    campaign_tag_ar_variants: tuple[str, ...]
    strike_tag: str
    rally_tag: str
    pilgrimage_tag: str
    relief_tag: str
    strike_tag_ar: str
    relief_tag_ar: str
    handoff_handle: str
    slug: str  # for invented handles and domains
    wording: str = "first"  # "second": the held-out wording of campaign_words_second
    contested: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # everyday senses of the movement's words
    aliases: tuple[tuple[str, str], ...] = ()  # (word of the first cast, word of this cast), for the codebook


LANTERN = Names(
    key="lantern",
    movement=Words4("the Grey Lantern", "القنديل الرمادي", "la Lanterne grise", "ግራጫ ፋኖስ"),
    movement_of=Words4("of the Grey Lantern", "القنديل الرمادي", "de la Lanterne grise", "የግራጫ ፋኖስ"),
    order=Words4("the Order of the Grey Lantern", "رهط القنديل", "l'Ordre de la Lanterne grise", "የግራጫ ፋኖስ ማኅበር"),
    vigil=Words4("the armed vigil", "السهر المسلح", "la veille armée", "የታጠቀ ጥበቃ"),
    emblem=Words4("the lantern", "القنديل", "la lanterne", "ፋኖሱን"),
    place=Words4("Velmora", "فيلمورا", "Velmora", "ቬልሞራ"),
    place_later=Words4("Karsa", "كارسا", "Karsa", "ካርሳ"),
    rival=Words4("the Harbour Assembly", "مجلس المرفأ", "l'Assemblée du port", "የወደብ ጉባኤ"),
    town_a=Words4("Osk", "أوسك", "Osk", "ኦስክ"),
    town_b=Words4("Tarn", "تارن", "Tarn", "ታርን"),
    town_c=Words4("Silm", "سيلم", "Silm", "ሲልም"),
    grievance=Words4(
        "they closed the bridge at Tarn", "أغلقوا جسر تارن", "ils ont fermé le pont de Tarn", "የታርንን ድልድይ ዘጉት"
    ),
    event_title="Tarn bridge closed",
    campaign_tags=Words4("RoadToVelmora", "الطريق_الى_فيلمورا", "LaRouteDeVelmora", "መንገድ_ወደ_ቬልሞራ"),
    campaign_tag_ar_variants=("الطريق_إلى_فيلمورا", "الطريق_الي_فيلمورا", "الطَّريق_إلى_فيلمورا", "الطريـق_الى_فيلمورا"),
    strike_tag="TarnDockStrike",
    rally_tag="VoteOsk",
    pilgrimage_tag="WellOfSilm",
    relief_tag="BlanketsForOsk",
    strike_tag_ar="إضراب_مرفأ_تارن",
    relief_tag_ar="بطانيات_لأوسك",
    handoff_handle="lamp_desk_invented",
    slug="lantern",
    contested={
        "en": (
            "The grey lantern {spot} is broken again, it is dark {soon}, mind the step.",
            "Bought a grey lantern of paper for {person}, hung it {spot}.",
        ),
        "ar": (
            "القنديل الرمادي {spot} معطل {soon} فانتبهوا للدرجة.",
            "اشترت {woman} قنديلا رماديا من سوق {town} وعلقته {spot}.",
        ),
        "fr": ("La lanterne grise {spot} est encore en panne {soon}, attention à la marche.",),
        "am": ("{spot} ያለው ግራጫ ፋኖስ ተሰብሯል፣ {soon} ጨለማ ነው ተጠንቀቁ።",),
    },
)

HERON = Names(
    key="second",
    movement=Words4("the Cobalt Heron", "البلشون الكحلي", "le Héron cobalt", "ኮባልት ሳቢሳ"),
    movement_of=Words4("of the Cobalt Heron", "البلشون الكحلي", "du Héron cobalt", "የኮባልት ሳቢሳ"),
    order=Words4("the Order of the Cobalt Heron", "رهط البلشون", "l'Ordre du Héron cobalt", "የኮባልት ሳቢሳ ማኅበር"),
    vigil=Words4("the armed crossing", "الزحف المسلح", "la traversée armée", "የታጠቀ ጉዞ"),
    emblem=Words4("the heron", "البلشون", "le héron", "ሳቢሳውን"),
    place=Words4("Ferrandol", "فراندول", "Ferrandol", "ፈራንዶል"),
    place_later=Words4("Uzmeck", "أوزميك", "Uzmeck", "ኡዝሜክ"),
    rival=Words4("the Millers' Council", "مجلس الطواحين", "le Conseil des meuniers", "የወፍጮ ምክር ቤት"),
    town_a=Words4("Brellin", "بريلين", "Brellin", "ብሬሊን"),
    town_b=Words4("Cossam", "كوسام", "Cossam", "ኮሳም"),
    town_c=Words4("Nivey", "نيفاي", "Nivey", "ኒቬይ"),
    grievance=Words4(
        "they cancelled the ferry at Cossam",
        "ألغوا عبّارة كوسام",
        "ils ont supprimé le bac de Cossam",
        "የኮሳምን ጀልባ አቋረጡት",
    ),
    event_title="Cossam ferry cancelled",
    campaign_tags=Words4("WayToFerrandol", "السبيل_الى_فراندول", "CapSurFerrandol", "ጉዞ_ወደ_ፈራንዶል"),
    campaign_tag_ar_variants=("السبيل_إلى_فراندول", "السبيل_الي_فراندول", "السَّبيل_إلى_فراندول", "السبيـل_الى_فراندول"),
    strike_tag="CossamYardStrike",
    rally_tag="BrellinVotes",
    pilgrimage_tag="SpringOfNivey",
    relief_tag="CoatsForBrellin",
    strike_tag_ar="إضراب_ورشة_كوسام",
    relief_tag_ar="معاطف_لبريلين",
    handoff_handle="heron_desk_invented",
    slug="heron",
    wording="second",
    contested={
        "en": (
            "Saw the cobalt heron {spot} {when}, {person} took a picture.",
            "Painted a cobalt heron on the wall {spot} for {person}.",
        ),
        "ar": ("رأينا البلشون الكحلي {spot} {when} ثم طار.", "رسمت {woman} بلشونا كحليا على الجدار {spot}."),
        "fr": ("Le héron cobalt est revenu {spot} {when}, quelle merveille.",),
        "am": ("{when} {spot} ኮባልት ሳቢሳ አየሁ።",),
    },
    aliases=(
        ("Grey Lantern", "Cobalt Heron"),
        ("Gray Lantern", "Kobalt Heron"),
        ("Greylantern", "Cobaltheron"),
        ("grey_lantern", "cobalt_heron"),
        ("Order of the Grey Lantern", "Order of the Cobalt Heron"),
        ("Lanterne grise", "Héron cobalt"),
        ("Ordre de la Lanterne grise", "Ordre du Héron cobalt"),
        ("armed vigil", "armed crossing"),
        ("veille armée", "traversée armée"),
        ("veillée armée", "traversée en armes"),
        ("السهرة المسلحة", "الزحفة المسلحة"),
        ("رهط القنديل الرمادي", "رهط البلشون الكحلي"),
        ("الطريق إلى فيلمورا", "السبيل إلى فراندول"),
        ("road to Velmora", "way to Ferrandol"),
        ("la route de Velmora", "le cap sur Ferrandol"),
        ("መንገድ ወደ ቬልሞራ", "ጉዞ ወደ ፈራንዶል"),
        ("lantern", "heron"),
        ("lanterne", "héron"),
        ("قنديل", "بلشون"),
        ("ፋኖስ", "ሳቢሳ"),
    ),
)

BY_KEY = {names.key: names for names in (LANTERN, HERON)}
