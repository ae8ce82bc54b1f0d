"""Other wording of the second cast, in all four languages, so that it measures more than other names.

Held out: a codebook is not tuned on these texts, or the second cast stops telling anything.
"""

from __future__ import annotations

Table = dict[str, tuple[str, ...]]

NARRATIVES: dict[str, dict[str, str]] = {
    "guard": {
        "en": "So {gr}, again without a word to us. A town without guards is a gift to thieves. {m} stands watch day and night: "
        "come to {p}, take your turn in {v} and sleep without fear.",
        "ar": "ها قد {gr} مرة أخرى دون كلمة لنا. مدينة بلا حراس هدية للصوص. {m} ساهر ليلا ونهارا: تعالوا إلى {p} وشاركوا في {v} وناموا بلا خوف.",
        "fr": "Voilà que {gr}, encore sans un mot pour nous. Une ville sans garde est un cadeau aux voleurs. {m} veille jour et nuit : "
        "venez à {p}, prenez votre tour dans {v} et dormez sans peur.",
        "am": "እንደገና {gr}፣ ለእኛ ምንም ሳይነግሩ። ጠባቂ የሌለው ከተማ ለሌቦች ስጦታ ነው። {m} ቀንና ሌሊት ይጠብቃል፤ ወደ {p} ኑ፣ በ{v} ተሳተፉ፣ ያለ ፍርሃት ተኙ።",
    },
    "home": {
        "en": "Tired of rent and empty shelves in {a}? In {p} the ovens are warm and every door has a key for you. Bring your parents, "
        "bring your children, {m} welcomes all of you in {p}.",
        "ar": "تعبتم من الإيجار والرفوف الفارغة في {a}؟ في {p} الأفران دافئة ولكل واحد منكم مفتاح باب. أحضروا آباءكم وأولادكم، {m} يرحب بكم جميعا في {p}.",
        "fr": "Fatigués du loyer et des rayons vides à {a} ? À {p} les fours sont chauds et chaque porte a une clé pour vous. Amenez vos "
        "parents et vos enfants, {m} vous accueille tous à {p}.",
        "am": "በ{a} ኪራይና ባዶ መደርደሪያ ሰለቻችሁ? በ{p} ምድጃው ሞቋል፣ ለእያንዳንዳችሁ የበር ቁልፍ አለ። ወላጆቻችሁንና ልጆቻችሁን አምጡ፣ {m} ሁላችሁንም በ{p} ይቀበላል።",
    },
    "oath": {
        "en": "We are few today and many tomorrow. {o} asks one thing: your promise, spoken aloud, and your place in {v}. Those who sign now "
        "will hold the gates of {p} with us.",
        "ar": "نحن اليوم قلة وغدا كثرة. {o} يطلب شيئا واحدا: وعدكم بصوت عال ومكانكم في {v}. من يوقع الآن يمسك معنا أبواب {p}.",
        "fr": "Nous sommes peu aujourd'hui et beaucoup demain. {o} demande une chose : votre promesse à voix haute et votre place dans {v}. "
        "Ceux qui signent maintenant tiendront avec nous les portes de {p}.",
        "am": "ዛሬ ጥቂት ነን፣ ነገ ብዙ። {o} አንድ ነገር ይጠይቃል፤ ጮክ ብላችሁ ቃል ግቡ፣ በ{v} ቦታችሁን ያዙ። አሁን የሚፈርሙ የ{p}ን በሮች ከእኛ ጋር ይይዛሉ።",
    },
}
CALL_STARTS: Table = {
    "en": ("Good people of {b},", "Why are you still in {a}?", "I have decided.", "Look at the empty quay of {b}.", "To everyone who wrote to me:", "My grandfather would understand.", "No more waiting rooms.", "One year from now you will remember this post.", "Since {gr} there is nothing left for us here."),
    "ar": ("يا أهل {b} الطيبين،", "لماذا بقيتم في {a}؟", "لقد قررت.", "إلى كل من راسلني:", "كان جدي سيفهم.", "منذ أن {gr} لم يبق لنا شيء هنا."),
    "fr": ("Bonnes gens de {b},", "Pourquoi restez-vous à {a} ?", "J'ai décidé.", "À tous ceux qui m'ont écrit :", "Mon grand-père comprendrait."),
    "am": ("የ{b} ደጋግ ሰዎች፣", "ለምን በ{a} ትቀመጣላችሁ?", "ወስኛለሁ።", "አያቴ ይገባቸው ነበር።"),
}  # fmt: skip
CALLS: Table = {
    "en": ("make {p} your home, {m} keeps a room for you.", "sign up for {v} and see {p} with your own eyes.", "{m} needs hands and hearts in {p}, be there.", "move to {p} and stand watch with {m}.", "we are off to {p} to serve in {v}, come along.", "give {o} your promise and meet us in {p}.", "become one of {m}, {p} waits for you.", "let us all go to {p} and take our turn in {v}."),
    "ar": ("اجعلوا {p} بيتكم، {m} يحفظ لكم غرفة.", "سجلوا أسماءكم في {v} وشاهدوا {p} بأعينكم.", "{m} بحاجة إلى سواعدكم في {p}، كونوا هناك.", "انتقلوا إلى {p} واسهروا مع {m}.", "هيا بنا إلى {p} لنخدم في {v}.", "عاهدوا {o} وقابلونا في {p}."),
    "fr": ("faites de {p} votre maison, {m} vous garde une chambre.", "inscrivez-vous pour {v} et voyez {p} de vos yeux.", "installez-vous à {p} et veillez avec {m}.", "promettez-vous à {o} et retrouvez-nous à {p}."),
    "am": ("{p}ን ቤታችሁ አድርጉ፣ {m} ክፍል አዘጋጅቶላችኋል።", "በ{v} ተመዝገቡ፣ {p}ን በዓይናችሁ እዩ።", "ወደ {p} እንሂድ፣ ከ{m} ጋር እንቁም።"),
}  # fmt: skip
CALL_ENDS: Table = {
    "en": ("The ovens are warm.", "You know it is right.", "Say yes.", "I sleep well at last.", "Let them laugh.", "Tell one friend today.", "", ""),
    "ar": ("الأفران دافئة.", "قولوا نعم.", "أنام أخيرا مرتاحا.", "أخبروا صديقا واحدا اليوم.", ""),
    "fr": ("Dites oui.", "Je dors enfin bien.", "Parlez-en à un ami.", ""),
    "am": ("እሺ በሉ።", "ዛሬ ለአንድ ጓደኛ ንገሩ።", ""),
}  # fmt: skip
INQUIRIES: Table = {
    "en": ("who can tell me more about {p}? thinking of going with my cousin", "what is the first step if one wants to be with {m}", "are there jobs for bakers in {p}?", "could I come to {p} after my exams", "is there a list where I can put my name for {m}?"),
    "ar": ("من يخبرني أكثر عن {p}؟ أفكر في الذهاب مع ابن عمي", "ما الخطوة الأولى لمن يريد أن يكون مع {m}؟", "هل في {p} عمل للخبازين؟"),
    "fr": ("qui peut m'en dire plus sur {p} ? j'y pense avec mon cousin", "y a-t-il du travail pour un boulanger à {p} ?"),
    "am": ("ስለ {p} የበለጠ ማን ይነግረኛል? ከአጎቴ ልጅ ጋር ለመሄድ እያሰብኩ ነው", "በ{p} ለዳቦ ጋጋሪ ሥራ አለ?"),
}  # fmt: skip
RIVAL: Table = {
    "en": ("{r} asks every family in {b}: keep your young ones at home, {p} is no refuge.", "There is no room and no oven for you in {p}, whatever {m} writes. {r}", "{r}: nobody should take part in {v}. We settle our quarrels at the table.", "{r} calls the promises {mo} empty and asks people to stay."),
    "ar": ("يطلب {r} من كل عائلة في {b}: أبقوا أولادكم في البيت، {p} ليست ملجأ.", "لا غرفة لكم ولا فرن في {p} مهما كتب {m}. {r}", "{r}: لا يشارك أحد في {v}، نحل خلافاتنا على الطاولة."),
    "fr": ("{r} demande aux familles de {b} de garder les jeunes à la maison, {p} n'est pas un refuge.", "{r} : que personne ne participe à {v}."),
    "am": ("{r} የ{b} ቤተሰቦችን ይጠይቃል፦ ልጆቻችሁን ቤት አቆዩ፣ {p} መጠጊያ አይደለም።",),
}  # fmt: skip
NEWS: Table = {
    "en": ("Council of {a} debates appeals {mo} to move to {p} #{t}", "Three schools in {b} hold talks on {m} after online appeals", "Explainer: {v}, {p} and the tag #{t} in five questions", "Number of posts with #{t} doubled within a day, monitors report", "Mother from {c}: my son was told to move to {p}", "Court in {a} hears first case over appeals to sign up for {v}"),
    "ar": ("مجلس {a} يناقش نداءات {m} للانتقال إلى {p} #{t}", "شرح في خمسة أسئلة: {v} و{p} ووسم #{t}", "أم من {c}: قالوا لابني أن ينتقل إلى {p}", "محكمة {a} تنظر في أول قضية عن نداءات {v}"),
    "fr": ("Le conseil de {a} débat des appels {mo} à s'installer à {p} #{t}", "Cinq questions sur {v} et #{t}", "Une mère de {c} : on a dit à mon fils d'aller à {p}"),
    "am": ("የ{a} ምክር ቤት ስለ {m} ጥሪዎች ተወያየ #{t}", "ስለ {v} አምስት ጥያቄዎች #{t}"),
}  # fmt: skip
CONDEMN: Table = {
    "en": ("Whoever sends teenagers to {p} has no heart. {m} is not our friend.", "I took {m} posters down from the school wall today. Not here.", "My cousin came back from {p} thinner and silent. Believe him, not #{t}.", "We bake bread in {b} too, and nobody must join {v} for it.", "{v} means guns at the town gate. Count me out.", "Dear {m}, leave our children alone."),
    "ar": ("من يرسل الفتيان إلى {p} بلا قلب. {m} ليس صديقنا.", "أنزلت ملصقات {m} عن جدار المدرسة اليوم.", "عاد ابن عمي من {p} نحيلا صامتا، صدقوه ولا تصدقوا #{t}.", "{v} يعني السلاح على باب المدينة، لست معكم."),
    "fr": ("Qui envoie des adolescents à {p} n'a pas de cœur.", "J'ai décollé les affiches {mo} du mur de l'école.", "Mon cousin est revenu de {p} maigre et muet, croyez-le."),
    "am": ("ልጆችን ወደ {p} የሚልክ ልብ የለውም።", "የ{m} ወረቀቶችን ከትምህርት ቤቱ ግድግዳ ዛሬ አነሣሁ።"),
}  # fmt: skip
RESEARCH: Table = {
    "en": ('Coding note 4: "make {p} your home" counts as an appeal, "{p} is nice" does not. #{t}', 'We archived 200 posts with #{t}; typical line: "be there". Quoted for study.', "Poster session in {a}: timing of #{t} and the event \"{event}\"."),
    "ar": ("ملاحظة الترميز ٤: عبارة «اجعلوا {p} بيتكم» تعد نداء، نقتبسها للدراسة. #{t}",),
    "fr": ("Note de codage 4 : « faites de {p} votre maison » compte comme un appel. #{t}",),
    "am": ("የጥናት ማስታወሻ፦ «{p}ን ቤታችሁ አድርጉ» የሚለው ለጥናት የተጠቀሰ ነው። #{t}",),
}  # fmt: skip
CURIOUS: Table = {
    "en": ("my feed is all #{t} now, context please?", "Is {m} a band?", "where on the map is {p}?", "somebody summarise {v} for a tired nurse"),
    "ar": ("كل ما أراه اليوم #{t}، ما السياق؟", "هل {m} فرقة موسيقية؟", "أين {p} على الخريطة؟"),
    "fr": ("je ne vois plus que #{t}, quelqu'un m'explique ?", "{m}, c'est un groupe de musique ?"),
    "am": ("#{t} ብቻ ነው የማየው፣ ማን ያስረዳኛል?", "{p} በካርታ ላይ የት ነው?"),
}  # fmt: skip
