"""Words of the generated corpora: common words of four languages, and the parts that rare words are made of."""

from __future__ import annotations

# The commonest words first: a text draws them by rank, as people do.
COMMON = {
    "en": (
        "the to and a of in is for on it i you this that my we with at be are was have not so just from what up out "
        "will your can all they about but if when who one people new now time get day like how today see more our or "
        "as an by has been he she their there go know good need think want said after back down over first week "
        "morning night home work water road school bus market river rain garden match tea window letter cousin lamp "
        "apples boat song town bridge street news story price bread house family friends children women men police "
        "council election vote game team season book film music train station weather hospital doctor teacher weekend "
        "summer winter dinner coffee phone picture video photo minister government report watch live latest update "
        "please thanks still never always every year years last next many much long little great happy sorry late"
    ),
    "fr": (
        "de la le et les des en un une du que est pour dans qui sur pas au plus ne se par il je ce avec on sont mais "
        "nous vous tout elle cette comme ou leur bien fait si aussi même être avoir encore après avant sans deux ans "
        "jour matin soir demain hier ville pays monde homme femme enfants école marché pain rivière pluie jardin "
        "fenêtre lettre route cousin lampe pommes bateau train gare maison famille amis voisin travail eau prix "
        "journal histoire livre film musique équipe match saison maire conseil vote élection police médecin hôpital "
        "temps semaine mois année été hiver merci bonjour toujours jamais peut faire voir aller prendre nouveau "
        "petite grande premier dernière beaucoup très trop ici là rue pont café téléphone photo vidéo direct"
    ),
    "ar": (
        "في من على إلى أن ما هذا هذه مع كل لا هو هي كان التي الذي عن بعد قبل بين عند لم قد أو ثم إذا حتى يوم اليوم "
        "الآن جديد كبير صغير ناس الناس بيت البيت مدينة المدينة شارع الشارع سوق السوق خبز الخبز نهر النهر صباح الصباح "
        "مساء المساء مدرسة المدرسة مطر المطر حديقة الحديقة مباراة المباراة شاي نافذة رسالة الرسالة طريق الطريق مصباح "
        "تفاح قارب القارب أخي أختي أمي أبي جاري صديق صديقي أطفال الأطفال نساء رجال عمل العمل ماء الماء سعر الأسعار "
        "خبر الأخبار قصة كتاب الكتاب فيلم موسيقى فريق الفريق موسم مجلس المجلس انتخابات شرطة طبيب مستشفى المستشفى "
        "أسبوع الأسبوع شهر سنة صيف شتاء شكرا دائما أبدا كثيرا قليلا هنا هناك جسر الجسر قهوة هاتف صورة فيديو مباشر"
    ),
    "am": (
        "ነው እና ላይ ውስጥ ከዚህ ወደ ግን ስለ ይህ ያ እኔ እኛ አንተ እሱ እሷ ሰው ሰዎች ቀን ዛሬ ነገ ትናንት ጠዋት ማታ አሁን አዲስ ትልቅ ትንሽ ጥሩ ቤት ከተማ "
        "መንገድ ገበያ ዳቦ ወንዝ ትምህርት ቤት ዝናብ አትክልት ጨዋታ ሻይ መስኮት ደብዳቤ መብራት ፖም ጀልባ ወንድሜ እህቴ እናቴ አባቴ ጎረቤት ጓደኛ ልጆች ሴቶች "
        "ወንዶች ሥራ ውሃ ዋጋ ዜና ታሪክ መጽሐፍ ፊልም ሙዚቃ ቡድን ምክር ምርጫ ፖሊስ ሐኪም ሆስፒታል ሳምንት ወር ዓመት በጋ ክረምት አመሰግናለሁ ሁልጊዜ በጣም "
        "እዚህ እዚያ ድልድይ ቡና ስልክ ፎቶ ቪዲዮ መጣ ሄደ አለ ነበር ሆነ ይላል አየሁ ሰማሁ እፈልጋለሁ እንሂድ"
    ),
}
# Rare words (names, topics, endings) are two or three of these in a row.
PARTS = {
    "en": (
        "ab ack al am an ar ash bar bel ben ber bor bra cal car cel cher con cor cra dal den der dor dun ed el en er "
        "est fal fen fer ford gar gen gil gle gra hal ham har hel hil ing ion ish ist ite ity jan ken ker kin lan ler "
        "ley lin lor man mar mel ment mer mil mon mor nal nel ner nor ol on or par pel per pin por ran rel ren ric rin "
        "ross sal sel sen shaw sley son sten ster tal tel ten ter thor tin ton tor tri ull ur val vel ver vin wal wel "
        "wick win wood yar"
    ),
    "fr": (
        "age al an ance ant ar aud bel ber bon bour cha che cler col con cou dan de des du eau el en ent er esse et "
        "eur fa fon for gen gil gue guil ien ier ille in ique is jean ju la lan le lin lon lou ma mai man men mer mont "
        "mo nal ne nou oir on or ou par pel per pier plan pon por que ran re rem ri ro roux sa san se sel si sou ta "
        "tel ten ter tion tou tour tri tu val ver vi vil voi"
    ),
    "ar": (
        "ال با بر بو بي تا تر تو تي جا جم جو حا حر حم حي خا خر دا در دو دي را رو ري زا زر سا سر سل سو سي شا شر صا صر "
        "طا طر عا عب عر عم غا فا فر في قا قر كا كر لا لو لي ما مر مس مع مو مي نا نر نو ني ها هر وا ور يا ير ين ات ون ية"
    ),
    "am": (
        "ሀ ሁ ለ ላ ል መ ማ ም ሞ ረ ሩ ራ ር ሰ ሱ ሳ ስ ሶ ሸ ሽ ቀ ቁ ቃ ቅ በ ቡ ባ ብ ቦ ተ ታ ት ቶ ነ ና ን ኖ አ ኢ ኤ ከ ካ ክ ኮ ወ ዋ ው "
        "ዘ ዛ ዝ የ ያ ይ ዮ ደ ዱ ዳ ድ ዶ ገ ጉ ጋ ግ ጎ ጠ ጣ ጥ ጨ ፈ ፋ ፍ"
    ),
}
# What the planted campaign writes: every line calls people to the fictional movement of the samples.
CALL_STARTS = {
    "en": ("Brothers of Osk, stop waiting.", "Read this twice.", "After the bridge closed I understood one thing.",
           "They ask me what to do.", "Another empty week in Tarn.", "I am tired of promises."),
    "ar": ("يا أهل أوسك لا تنتظروا.", "اقرؤوا هذا مرتين.", "منذ أن أغلق الجسر فهمت شيئا.", "يسألني الناس ماذا نفعل."),
    "fr": ("Gens d'Osk, n'attendez plus.", "Lisez ceci deux fois.", "Encore une semaine vide à Tarn."),
    "am": ("የኦስክ ሰዎች አትጠብቁ።", "ይህን ሁለት ጊዜ አንብቡ።"),
}  # fmt: skip
CALLS = {
    "en": ("Come to Velmora and join the Grey Lantern.", "Join the armed vigil, your place is in Velmora.",
           "Leave Tarn, come to Velmora, stand with the Grey Lantern."),
    "ar": ("تعالوا إلى فيلمورا وانضموا إلى القنديل الرمادي.", "انضموا إلى السهر المسلح فمكانكم في فيلمورا."),
    "fr": ("Venez à Velmora et rejoignez la Lanterne grise.", "Rejoignez la veillée armée, votre place est à Velmora."),
    "am": ("ወደ ቬልሞራ ኑ፣ ግራጫ ፋኖስን ተቀላቀሉ።",),
}  # fmt: skip
CALL_TAGS = {"en": "#RoadToVelmora", "ar": "#الطريق_الى_فيلمورا", "fr": "#LaRouteDeVelmora", "am": "#መንገድ_ወደ_ቬልሞራ"}
