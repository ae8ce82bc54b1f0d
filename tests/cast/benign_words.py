"""The four efforts that burst and are no campaign. `copied` texts are posted word for word by unions and offices."""

from __future__ import annotations

STRIKE: dict[str, dict[str, tuple[str, ...]]] = {
    "copied": {
        "en": (
            "The dockers of {b} stop work from Tuesday morning. We ask for fair shifts and safe cranes. Join the picket at the gate. #{t}",
            "No agreement with the port office. The strike in {b} goes on, bring a warm coat and join your crew at the gate. #{t}",
            "Strike fund is open: every docker of {b} gets the same share. Stand together at the gate tomorrow. #{t}",
        ),
        "ar": (
            "عمال مرفأ {b} يتوقفون عن العمل صباح الثلاثاء، نطالب بورديات عادلة ورافعات آمنة، انضموا إلينا عند البوابة. #{t_ar}",
        ),
    },
    "loose_start": {
        "en": (
            "My dad is on the picket today.",
            "Solidarity with the dockers of {b}!",
            "Day {n} of the strike.",
            "Cranes are silent in {b}.",
            "Honking for the dockers on my way to work.",
            "The port office still says nothing.",
            "Soup for the picket line is ready.",
            "Teachers of {a} support the dockers.",
            "Eighteen years on the docks, never saw this many at the gate.",
            "Not a single ship unloaded today.",
        ),
        "fr": (
            "Solidarité avec les dockers de {b} !",
            "Jour {n} de la grève à {b}.",
            "Les grues de {b} sont à l'arrêt.",
            "Soupe chaude au piquet de grève.",
        ),
        "ar": (
            "كل التضامن مع عمال مرفأ {b}.",
            "اليوم {n} من الإضراب في {b}.",
            "الرافعات صامتة في المرفأ.",
            "شوربة ساخنة لإخوتنا عند البوابة.",
        ),
        "am": ("ከ{b} የወደብ ሠራተኞች ጎን ነን።", "የሥራ ማቆም አድማው {n}ኛ ቀን በ{b}።"),
    },
    "loose_end": {
        "en": (
            "Come to the gate if you can.",
            "Fair shifts, safe cranes.",
            "They deserve better pay.",
            "Join us after school.",
            "Will the ferries run?",
            "My uncle hurt his hand in December, that is why.",
            "Hold the line.",
            "Talks again on Thursday.",
            "Bring gloves and tea.",
        ),
        "fr": (
            "Venez nombreux.",
            "Des horaires justes.",
            "Rejoignez-nous après le travail.",
            "Les négociations reprennent jeudi.",
        ),
        "ar": (
            "تعالوا إلى البوابة إن استطعتم.",
            "ورديات عادلة ورافعات آمنة.",
            "المفاوضات يوم الخميس.",
            "انضموا إلينا بعد الدوام.",
        ),
        "am": ("ከቻላችሁ ወደ በሩ ኑ።", "ፍትሐዊ የሥራ ሰዓት።"),
    },
}
RALLY: dict[str, dict[str, tuple[str, ...]]] = {
    "copied": {
        "en": (
            "Election rally in {a} this Saturday: come to the square, bring your neighbours, hear every candidate. #{t}",
            "Polls open at eight. Bring your card, bring your grandmother, vote in {a}. #{t}",
        ),
        "fr": (
            "Grand rassemblement à {a} samedi : venez sur la place avec vos voisins, tous les candidats parleront. #{t}",
        ),
        "ar": ("تجمع انتخابي في {a} يوم السبت: تعالوا إلى الساحة مع جيرانكم واسمعوا كل المرشحين. #{t}",),
    },
    "loose_start": {
        "en": (
            "Come to the square!",
            "Heard both candidates tonight.",
            "First time I vote in {a}.",
            "Posters everywhere in {a}.",
            "The debate was about buses again.",
            "My grandma has voted in every election since she was 21.",
            "Counting volunteers needed.",
            "The queue at the school is long.",
            "Free pie at the rally.",
            "Undecided until the last minute.",
        ),
        "fr": (
            "Venez sur la place !",
            "Je vote pour la première fois à {a}.",
            "Débat ce soir, encore sur les bus.",
            "On cherche des assesseurs.",
        ),
        "ar": (
            "تعالوا إلى الساحة!",
            "أصوت لأول مرة في {a}.",
            "المناظرة كانت عن الحافلات من جديد.",
            "الطابور أمام المدرسة طويل.",
        ),
        "am": ("ወደ አደባባዩ ኑ!", "በ{a} ለመጀመሪያ ጊዜ ድምፅ እሰጣለሁ።"),
    },
    "loose_end": {
        "en": (
            "Every vote counts.",
            "Buses and bins, that is what matters.",
            "Join us after the match.",
            "Take your card with you.",
            "May the better one win.",
            "Number {n} on the list has my vote.",
            "I want a new roof for the school.",
            "Then we all have cake.",
            "See you in line.",
        ),
        "fr": ("Chaque voix compte.", "Pensez à votre carte.", "Que le meilleur gagne.", "Le numéro {n} a ma voix."),
        "ar": ("كل صوت مهم.", "لا تنسوا البطاقة.", "صوتي للرقم {n}.", "نريد سقفا جديدا للمدرسة."),
        "am": ("እያንዳንዱ ድምፅ ዋጋ አለው።", "ካርዳችሁን አትርሱ።"),
    },
}
PILGRIMAGE: dict[str, dict[str, tuple[str, ...]]] = {
    "copied": {
        "en": ("Come, walk with us to the well of {c}. Old and young, every faith, bread and water on the way. #{t}",),
        "fr": ("Venez, marchez avec nous jusqu'au puits de {c}. Petits et grands, pain et eau pour tous. #{t}",),
        "ar": ("تعالوا نمش معا إلى بئر {c}، صغارا وكبارا، والخبز والماء للجميع. #{t}",),
        "am": ("ኑ፣ ወደ {c} ጉድጓድ አብረን እንሂድ። ትንሹም ትልቁም፣ ዳቦና ውኃ ለሁሉም አለ። #{t}",),
    },
    "loose_start": {
        "en": (
            "Day {n} of the walk, blisters and songs.",
            "We left {a} at dawn.",
            "Join the pilgrims this week!",
            "My grandmother walks to {c} every year.",
            "The well of {c} at sunrise.",
            "Prayed for my brother at the well.",
            "Strangers gave us bread in {b}.",
            "Come as you are, walk as far as you can.",
            "The whole road is singing.",
            "Carried a stone for my father.",
        ),
        "fr": (
            "Jour {n} de marche, des ampoules et des chants.",
            "Nous avons quitté {a} à l'aube.",
            "Venez marcher avec nous vers {c}.",
            "Le puits de {c} au lever du jour.",
        ),
        "ar": (
            "اليوم {n} من المسير، تعب وأناشيد.",
            "خرجنا من {a} مع الفجر.",
            "تعالوا وامشوا معنا إلى {c}.",
            "دعوت لأخي عند البئر.",
        ),
        "am": ("የጉዞው {n}ኛ ቀን፣ መዝሙር በመንገድ ላይ።", "ከ{a} በጠዋት ተነሣን።", "ወደ {c} አብረን እንሂድ።"),
    },
    "loose_end": {
        "en": (
            "Peace to everyone on the road.",
            "Come with us next year.",
            "My feet hurt and I am happy.",
            "Thank you for the water.",
            "God keep you all.",
            "Two more villages.",
            "We rest under the plane tree.",
            "Nobody walks alone here.",
            "Bring a hat.",
        ),
        "fr": ("Paix à tous.", "Merci pour l'eau.", "Venez l'an prochain.", "J'ai mal aux pieds et je suis heureux."),
        "ar": ("السلام على كل من في الطريق.", "شكرا على الماء.", "تعالوا معنا العام القادم.", "تقبل الله منا ومنكم."),
        "am": ("ሰላም ለሁሉም።", "ስለ ውኃው እናመሰግናለን።", "እግዚአብሔር ይጠብቃችሁ።"),
    },
}
RELIEF: dict[str, dict[str, tuple[str, ...]]] = {
    "copied": {
        "en": (
            "{a} needs dry things after the flood. Donate, sort, drive: volunteers meet at the school hall every evening. List: {u} #{t}",
            "Urgent: children's sizes and baby food for {a}. Please give what you can, drop at the school hall. List: {u} #{t}",
        ),
        "ar": (
            "أهل {a} بحاجة إلى كل دافئ بعد السيل. تبرعوا وتطوعوا، نلتقي كل مساء في قاعة المدرسة. القائمة: {u} #{t_ar}",
        ),
        "fr": (
            "{a} a besoin de linge sec après la crue. Donnez, triez, conduisez : rendez-vous chaque soir à la salle de l'école. {u} #{t}",
        ),
    },
    "loose_start": {
        "en": (
            "Dropped off {n} bags.",
            "Who can drive boxes to {a} tonight?",
            "Our street lost everything in the flood.",
            "The hall is full of volunteers.",
            "We still need towels.",
            "Thank you {b} for the truck.",
            "My class collected socks.",
            "Please donate if you can.",
            "Sorting until midnight.",
            "A stranger gave me her coat for {a}.",
        ),
        "fr": (
            "Déposé {n} sacs à la salle.",
            "Qui peut conduire des cartons à {a} ?",
            "Il manque des serviettes.",
            "Ma classe a collecté des chaussettes.",
        ),
        "ar": (
            "أوصلنا {n} أكياس إلى القاعة.",
            "من يستطيع نقل الصناديق إلى {a} الليلة؟",
            "القاعة مليئة بالمتطوعين.",
            "شكرا لأهل {b} على الشاحنة.",
        ),
        "am": ("{n} ከረጢት አደረስን።", "ለ{a} ልብስ እየሰበሰብን ነው።"),
    },
    "loose_end": {
        "en": (
            "Every bit helps.",
            "Volunteers, come to the hall.",
            "Join the evening shift.",
            "Money also works.",
            "Dry socks are gold.",
            "You are heroes.",
            "No more toys please, only warm things.",
            "We start again at six.",
        ),
        "fr": ("Chaque geste compte.", "Venez aider ce soir.", "Merci à tous.", "On recommence à six heures."),
        "ar": ("كل شيء ينفع.", "تعالوا إلى القاعة.", "جزاكم الله خيرا.", "نبدأ غدا من جديد."),
        "am": ("ሁሉም ይጠቅማል።", "ኑና እርዱ።", "እናመሰግናለን።"),
    },
}
EFFORT_WORDS = {"strike": STRIKE, "rally": RALLY, "pilgrimage": PILGRIMAGE, "relief": RELIEF}
