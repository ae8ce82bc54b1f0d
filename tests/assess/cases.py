"""Short invented cases for the shipped codebooks: calls and their benign look-alikes, in up to four languages.

Bland on purpose: templates over the codebooks' own published names. Used by the tests and by make_fairness.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assess.harder_cases import FIRST, SECOND
from tocsin.assess import Case

# {o} organisation, {p} destination, {a} act; names as the codebooks have them.
NAMES: dict[str, dict[str, tuple[dict[str, str], ...]]] = {
    "grey_lantern": {
        "en": (
            {"o": "the Grey Lantern", "p": "Velmora", "a": "the armed vigil"},
            {"o": "the Order of the Grey Lantern", "p": "Karsa", "a": "the armed vigil"},
            {"o": "the GREY LANTERN", "p": "velmora", "a": "the ARMED vigil"},
        ),
        "ar": (
            {"o": "القنديل الرمادي", "p": "فيلمورا", "a": "السهر المسلح"},
            {"o": "رهط القنديل", "p": "كارسا", "a": "السهر المسلّح"},
            {"o": "القِنْديل الرّمادي", "p": "فيلمـورا", "a": "السهر المُسلح"},
        ),
        "fr": (
            {"o": "la Lanterne grise", "p": "Velmora", "a": "la veille armée"},
            {"o": "l'Ordre de la Lanterne grise", "p": "Karsa", "a": "la veille armee"},
        ),
        "am": (
            {"o": "ግራጫ ፋኖስ", "p": "ቬልሞራ", "a": "የታጠቀ ጥበቃ"},
            {"o": "ግራጫ ፋኖስን", "p": "ካርሳ", "a": "የታጠቀ ጥበቃን"},
        ),
    },
    "jihadist_travel": {
        "en": (
            {"o": "the Islamic State", "p": "the lands of the Caliphate"},
            {"o": "Al-Qaida", "p": "the land of the Islamic State"},
            {"o": "al shabaab", "p": "the land of the Caliphate"},
        ),
        "ar": (
            {"o": "الدولة الإسلامية", "p": "أرض الخلافة"},
            {"o": "تنظيم القاعدة", "p": "أراضي الدولة الإسلامية"},
            {"o": "تنظيم الدوله", "p": "ارض الخلافه"},
        ),
        "fr": (
            {"o": "l'État islamique", "p": "la terre du califat"},
            {"o": "Al-Qaïda", "p": "la terre du califat"},
        ),
        "am": (
            {"o": "አልሸባብ", "p": "የእስላማዊ መንግሥት ምድር"},
            {"o": "አልቃይዳን", "p": "የእስላማዊ መንግሥት ምድር"},
        ),
    },
    "accelerationist": {
        "en": (
            {"o": "the Atomwaffen Division", "a": "the race war"},
            {"o": "Feuerkrieg Division", "a": "the race war"},
        ),
        "fr": ({"o": "la division Atomwaffen", "a": "la guerre raciale"},),
    },
}

CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "call to join": (
            "Join {o}.",
            "Brothers, join {o} today!",
            "Do not wait any longer. Join {o}.",
            "It was a long winter, and nobody helped us. Join {o}, friends.",
            "joiiiin {o} now",
            "Pack your bags! {o} needs you.",
        ),
        "call to travel": (
            "Come to {p}, {o} is there for you.",
            "Travel to {p} and join {o}.",
            "Leave everything and come to {p}. {o} keeps its gate.",
        ),
        "incitement": ("Take up arms for {a}.", "Join {a}, brothers."),
        "pledge": ("We pledge allegiance to {o}.", "I swear loyalty to {o}."),
        "fundraising": ("Send money to {o}.", "Friends, donate to {o} today."),
    },
    "ar": {
        "call to join": (
            "انضموا إلى {o}",
            "يا إخوة، التحقوا ب{o} اليوم!",
            "لا تنتظروا. انضموا الى {o}",
            "كان شتاء طويلا ولم يساعدنا أحد. اِنْضَمُّوا إلى {o} يا أصحاب",
        ),
        "call to travel": ("تعالوا إلى {p}، {o} هناك", "اتركوا كل شيء وتعالوا الى {p} وانضموا إلى {o}"),
        "incitement": ("انضموا إلى {a}",),
        "pledge": ("نبايع {o}", "أبايع {o} اليوم"),
        "fundraising": ("أرسلوا المال إلى {o}",),
    },
    "fr": {
        "call to join": (
            "Rejoignez {o}.",
            "Mes frères, rejoignez {o} dès aujourd'hui !",
            "N'attendez plus. Rejoignez {o}.",
            "L'hiver fut long et personne n'a aidé. Frères, ralliez {o}.",
        ),
        "call to travel": ("Partez vers {p}, {o} vous y attend.", "Quittez tout, allez à {p} et rejoignez {o}."),
        "incitement": ("Prenez les armes pour {a}.",),
        "pledge": ("Nous jurons fidélité à {o}.",),
        "fundraising": ("Envoyez de l'argent à {o}.",),
    },
    "am": {
        "call to join": ("ወንድሞች፣ {o} ተቀላቀሉ።", "{o} ተቀላቀሉ።", "አትጠብቁ። ዛሬ {o} ተቀላቀሉ!"),
        "call to travel": ("ወደ {p} ኑ፣ {o} ተቀላቀሉ።", "ወደ {p} ሂዱ። {o} እዚያ ነው።"),
        "incitement": ("{a} ተቀላቀሉ።",),
        "pledge": ("ለ{o} ታማኝነታችንን እንገልጻለን።",),
        "fundraising": ("ለ{o} ገንዘብ ላኩ።",),
    },
}

# Look-alikes that name the violent group, place or act.
NAMED: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "news": (
            "Police say {o} tried to recruit students.",
            "{o} urges people to join, according to the newspaper.",
            'A leaflet found in the town reads "join {o}", officials said.',
            "Two men went on trial for trying to join {o}.",
            "Reuters: thousands fled as {o} came closer.",
            "Young people join {o} for many reasons, a study found.",
        ),
        "condemning": (
            "Do not join {o}.",
            "I condemn {o} and everything it does.",
            'They say "join {o}". Shame on them.',
            "Nobody should join {o}, stay at home.",
            'Someone wrote "join {o}" on our wall. These are lies.',
            "No to {o}. Our town stays peaceful.",
            "They keep saying: join {o}. We will not.",
        ),
        "mourning": ("We mourn the victims of {o}.", "My uncle was killed by {o}, may he rest in peace."),
        "journalism": (
            "Our reporter spent a year studying {o}.",
            "I am a journalist writing about {o}, my new book is out.",
            'New paper: the phrase "join {o}" appears in most posts of our dataset.',
        ),
        "asking": ("What is {o}?", "Why would anybody join {o}?", "Is it true that {o} is near?"),
        "migration": ("My family fled from {o} and now we live in a quiet town.", "We escaped {o} and study here."),
        "history": ("The museum shows how {o} began.", "A documentary about {o} is on tonight."),
        "relief": ("Blankets for the families harmed by {o}: come to the hall.",),
    },
    "ar": {
        "news": (
            "قالت الشرطة إن {o} حاول تجنيد طلاب",
            "بحسب الصحيفة يدعو {o} الناس",
            "شبان انضموا إلى {o} قبل عام، كما أفادت صحيفة",
            "وجدت الشرطة منشورا كتب فيه «انضموا إلى {o}»",
        ),
        "condemning": (
            "لا تنضموا إلى {o}",
            "ندين {o} وكل ما يفعله",
            "يقولون «انضموا إلى {o}» وهذا كذب",
            "يقولون: انضموا إلى {o}. عار عليهم",
            "ابقوا في بيوتكم ولا تصدقوا {o}",
        ),
        "mourning": ("رحم الله ضحايا {o}",),
        "journalism": ("مراسلنا درس {o} عاما كاملا", "أكتب كتابا عن {o}"),
        "asking": ("ما هو {o}؟", "لماذا ينضم أحد إلى {o}؟"),
        "migration": ("هربنا من {o} ونعيش الآن في بلدة هادئة",),
        "history": ("فيلم وثائقي عن {o} الليلة",),
    },
    "fr": {
        "news": (
            "Selon la police, {o} recrutait des élèves.",
            "Deux hommes jugés pour avoir voulu rejoindre {o}.",
            "Un tract dit « rejoignez {o} », rapporte le journal.",
        ),
        "condemning": (
            "Ne rejoignez pas {o}.",
            "Je condamne {o}.",
            "Ils disent « rejoignez {o} », c'est un mensonge.",
            "Ils écrivent : rejoignez {o}. Honte à eux.",
            "Non à {o}.",
        ),
        "mourning": ("Une pensée pour les victimes de {o}.",),
        "journalism": ("Notre journaliste enquête sur {o}.",),
        "asking": ("C'est quoi, {o} ?", "Pourquoi rejoindre {o} ?"),
        "migration": ("Nous avons fui {o} et vivons ici.",),
        "history": ("Un documentaire sur {o} ce soir.",),
    },
    "am": {
        "news": ("ፖሊስ ስለ {o} ተናገረ።", "ጋዜጣው ስለ {o} ዘግቧል።", "ፖሊስ «{o} ተቀላቀሉ» የሚል ወረቀት አገኘ።"),
        "condemning": ("{o} አትቀላቀሉ።", "{o} እናወግዛለን።", "«{o} ተቀላቀሉ» ይላሉ፣ ውሸት ነው።"),
        "mourning": ("ለ{o} ሰለባዎች ጸሎት።",),
        "journalism": ("ጋዜጠኛው ስለ {o} መጽሐፍ ጻፈ።",),
        "asking": ("{o} ምንድን ነው?",),
        "history": ("ስለ {o} ፊልም ዛሬ አለ።",),
    },
}

# Look-alikes of daily life: nothing violent is named; contested words in their everyday senses.
PLAIN: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "prayer": (
            "Join us for Friday prayers.",
            "Come to the mosque after work, brothers and sisters.",
            "Make dua for my mother, she is in hospital.",
            "Brothers, come to the Quran class tonight.",
            "The imam spoke about patience and the ummah.",
        ),
        "pilgrimage": (
            "Come with us to Mecca for hajj next year.",
            "Pack your bags, brothers, umrah is near!",
            "Join the pilgrims on the road to the well.",
        ),
        "mourning": ("Inna lillahi wa inna ilayhi rajiun, our neighbour passed away.", "May he rest in peace."),
        "relief": (
            "Donate to the flood relief, join us at the school hall.",
            "Send money to the families of the flood.",
            "Volunteers, come to the harbour with blankets.",
        ),
        "strike": ("Join the strike at the docks tomorrow!", "Brothers and sisters, stand with the dockers."),
        "migration": (
            "I am moving to another country to study.",
            "How do I get to the embassy for my visa?",
            "We emigrate to join my husband.",
        ),
        "everyday senses": (
            "My friend Jihad passed his exam.",
            "Quitting sugar is my personal jihad.",
            "The hijra calendar starts a new month today.",
            "Our teacher explained the hijrah to Medina.",
            "Isis is an Egyptian goddess.",
            "Join our siege board game night.",
            "Come to the boogaloo dance on Saturday.",
            "The grey lamp by the mill is broken.",
            "Join the army of volunteers cleaning the beach.",
        ),
        "politics": ("Vote on Sunday, come to the rally!", "Join our party, we need you."),
        "discrimination": ("Somebody shouted at my sister because of her scarf today.",),
    },
    "ar": {
        "prayer": (
            "تعالوا إلى صلاة المغرب في المسجد",
            "انضموا إلينا في حلقة القرآن",
            "ادعوا لأمي بالشفاء",
            "حي على الصلاة يا إخوة",
        ),
        "pilgrimage": ("هيا إلى الحج يا إخوة", "شدوا الرحال إلى مكة لأداء العمرة", "لبيك اللهم لبيك"),
        "mourning": ("إنا لله وإنا إليه راجعون", "رحمه الله وأسكنه فسيح جناته"),
        "relief": ("تبرعوا لأهالي السيل", "انضموا إلى المتطوعين في قاعة المدرسة"),
        "strike": ("انضموا إلى إضراب العمال غدا", "يا شباب، قفوا مع عمال المرفأ"),
        "migration": ("أنا مهاجر وأبحث عن عمل", "كيف أصل إلى السفارة؟", "سافروا إلى البحر في العطلة"),
        "everyday senses": (
            "صديقي جهاد نجح في الامتحان",
            "بداية السنة الهجرية اليوم",
            "جهاد النفس أن تصبر",
            "هذا القنديل مكسور",
            "شباب الحارة في الملعب",
            "دولة قطر تستضيف البطولة",
        ),
        "politics": ("تعالوا إلى التجمع الانتخابي",),
    },
    "fr": {
        "prayer": ("Venez à la prière du vendredi.", "Rejoignez-nous à la messe de dimanche.", "Priez pour ma mère."),
        "pilgrimage": ("Partez avec nous pour le pèlerinage.", "Faites vos sacs, le hadj approche !"),
        "mourning": ("Qu'il repose en paix.",),
        "relief": ("Donnez à la collecte pour les sinistrés.", "Rejoignez les bénévoles à l'école."),
        "strike": ("Rejoignez la grève demain !", "Debout, camarades, venez à la manifestation."),
        "migration": ("Je pars étudier à l'étranger.", "Comment aller à l'ambassade ?"),
        "everyday senses": (
            "Mon ami Jihad a réussi son examen.",
            "La migration des oies commence.",
            "La lampe grise est cassée.",
            "Rejoignez l'armée des bénévoles.",
        ),
        "politics": ("Venez voter dimanche, rejoignez notre liste.",),
    },
    "am": {
        "prayer": ("ለጸሎት ወደ መስጊድ ኑ።", "እሑድ ወደ ቤተ ክርስቲያን ኑ።", "ለእናቴ ጸልዩ።"),
        "pilgrimage": ("ለሐጅ ወደ መካ እንሂድ።",),
        "mourning": ("ነፍስ ይማር።",),
        "relief": ("ለጎርፍ ተጎጂዎች ልብስ ላኩ።", "በጎ ፈቃደኞች፣ ተቀላቀሉን።"),
        "strike": ("የሠራተኞች አድማ ተቀላቀሉ።",),
        "migration": ("ለትምህርት ወደ ውጭ አገር እሄዳለሁ።",),
        "everyday senses": ("ጓደኛዬ ጂሃድ ፈተናውን አለፈ።", "ፋኖሱ ተሰበረ።"),
        "politics": ("ወደ ምርጫ ኑ፣ ድምፅ ስጡ።",),
    },
}


def cases(codebook: str) -> Iterator[Case]:
    """Every case of one shipped codebook, with an id of its own."""
    for lang, names in NAMES[codebook].items():
        for label, table in (("call", CALLS), ("benign", NAMED)):
            for group, templates in table[lang].items():
                yield from _filled(f"{codebook}/{lang}/{label}/{group}", templates, names, lang, label, group)
        for group, harder in (("harder, seen", FIRST), ("harder, unseen", SECOND)):
            for label, by_lang in harder.items():
                prefix = f"{codebook}/{lang}/{label}/{group}"
                yield from _filled(prefix, by_lang[lang], names[:1], lang, label, group)
        for group, templates in PLAIN[lang].items():
            for number, template in enumerate(templates):
                yield Case(f"{codebook}/{lang}/plain/{group}/{number}", template, lang, "benign", group)


def _filled(
    prefix: str, templates: Sequence[str], names: Sequence[dict[str, str]], lang: str, label: str, group: str
) -> Iterator[Case]:
    for number, template in enumerate(templates):
        for variant, slots in enumerate(names):
            if all(f"{{{slot}}}" not in template or slot in slots for slot in "opa"):
                yield Case(f"{prefix}/{number}/{variant}", template.format(**slots), lang, label, group)
