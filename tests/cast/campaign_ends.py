"""Second sentences for those around the campaign, so that repeated statements are not word for word the same."""

from __future__ import annotations

ENDS: dict[str, dict[str, tuple[str, ...]]] = {
    "rival": {
        "en": (
            "Our doors in {b} are open to every family.", "We meet on Sunday at the harbour hall, all are welcome.", "Read our full answer on the notice board.",
            "Ask those who came back.", "We have said it since the autumn.", "Peaceful work builds a town, not {v}.", "Parents can call our office any day.", "",
        ),
        "ar": ("أبوابنا في {b} مفتوحة لكل عائلة.", "نلتقي يوم الأحد في قاعة المرفأ.", "اسألوا من عاد من هناك.", "قلناها منذ الخريف.", "العمل السلمي يبني المدن.", ""),
        "fr": ("Notre porte à {b} est ouverte à tous.", "Réunion dimanche à la salle du port.", "Nous le disons depuis l'automne.", ""),
        "am": ("በራችን ለሁሉም ክፍት ነው።", "እሑድ በወደቡ አዳራሽ እንገናኛለን።", ""),
    },
    "report": {
        "en": ("Live updates through the day.", "The council meets on Monday.", "Read the interview with a teacher from {c}.", "What we know so far.", "Our correspondent in {b}.", "Background and map inside.", "Evening edition.", "", ""),
        "ar": ("التفاصيل في عدد المساء.", "المجلس يجتمع يوم الاثنين.", "حوار مع معلمة من {c}.", "ما نعرفه حتى الآن.", "من مراسلنا في {b}.", ""),
        "fr": ("L'essentiel de ce que l'on sait.", "Le conseil se réunit lundi.", "Notre correspondant à {b}.", "Édition du soir.", ""),
        "am": ("ዝርዝሩ በምሽት እትም።", "ምክር ቤቱ ሰኞ ይሰበሰባል።", ""),
    },
    "research": {
        "en": ("Method in the appendix.", "Comments welcome before June.", "Data stay with the ethics board.", "Joint work with two students.", "No names, counts only.", "Third note of the series."),
        "ar": ("المنهج في الملحق.", "نرحب بالملاحظات.", "أرقام فقط بلا أسماء.", "الورقة الثالثة من السلسلة."),
        "fr": ("Méthode en annexe.", "Vos remarques sont bienvenues.", "Troisième note de la série."),
        "am": ("ዘዴው በአባሪው ላይ ነው።", "አስተያየት እንቀበላለን።"),
    },
    "condemn": {
        "en": (
            "I say it as a father.", "We were neighbours for thirty years without this.", "Talk to your kids tonight.", "Enough.", "My whole street thinks so.",
            "Peace is boring and I love it.", "I will not stay quiet.", "Ask any teacher in {c}.", "Who pays for the damage?", "Please share this instead.", "",
        ),
        "ar": ("أقولها كأب.", "عشنا جيرانا ثلاثين سنة بلا هذا.", "كلموا أولادكم الليلة.", "كفى.", "كل الحارة تقول ذلك.", "لن أسكت.", "اسألوا أي معلمة في {c}.", ""),
        "fr": ("Je le dis comme père.", "Parlez à vos enfants ce soir.", "Ça suffit.", "Toute ma rue le pense.", "Je ne me tairai pas.", ""),
        "am": ("እንደ አባት ነው የምናገረው።", "ልጆቻችሁን ዛሬ አናግሩ።", "በቃ።", ""),
    },
    "curious": {
        "en": ("I must have missed something.", "My phone is full of it.", "Just asking.", "Nobody at work knows either.", "I only came for the football.", "Thanks in advance.", "", ""),
        "ar": ("يبدو أنه فاتني شيء.", "هاتفي مليء به.", "مجرد سؤال.", "لا أحد في العمل يعرف.", ""),
        "fr": ("J'ai dû rater quelque chose.", "Simple question.", "Merci d'avance.", ""),
        "am": ("ዝም ብዬ ነው የምጠይቀው።", "አመሰግናለሁ።", ""),
    },
    "inquiry": {
        "en": ("Sorry if this is the wrong place.", "I have been reading for a week.", "Thank you.", "I am {n} streets from the harbour.", "My sister would come too.", "", "", ""),
        "ar": ("عفوا إن كان المكان غير مناسب.", "أقرأ منذ أسبوع.", "شكرا.", "أختي تسأل أيضا.", "", ""),
        "fr": ("Merci.", "Je lis depuis une semaine.", "Ma sœur demande aussi.", ""),
        "am": ("አመሰግናለሁ።", "እህቴም ትጠይቃለች።", ""),
    },
}  # fmt: skip
