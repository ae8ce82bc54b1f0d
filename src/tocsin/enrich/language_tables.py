"""What the language step knows by heart: which blocks belong to which script, and which answers are admitted."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Scripts in the order of their numbers in the table; shared scripts need a detector.
SCRIPTS = (
    "none",
    "latin",
    "arabic",
    "cyrillic",
    "devanagari",
    "ethiopic",
    "han",
    "kana",
    "hebrew",
    "el",
    "hy",
    "ka",
    "ko",
    "th",
    "lo",
    "my",
    "km",
    "bo",
    "si",
    "bn",
    "pa",
    "gu",
    "or",
    "ta",
    "te",
    "kn",
    "ml",
    "dv",
    "syr",
    "unreadable",  # no script: what the detectors refuse or stumble over
)
BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x41, 0x5A, "latin"),
    (0x61, 0x7A, "latin"),
    (0xC0, 0x24F, "latin"),
    (0x250, 0x2AF, "latin"),
    (0x1E00, 0x1EFF, "latin"),
    (0xFF21, 0xFF3A, "latin"),
    (0xFF41, 0xFF5A, "latin"),
    (0x1D400, 0x1D7FF, "latin"),
    (0x370, 0x3FF, "el"),
    (0x1F00, 0x1FFF, "el"),
    (0x400, 0x52F, "cyrillic"),
    (0x531, 0x587, "hy"),
    (0x5D0, 0x5F2, "hebrew"),
    (0x620, 0x64A, "arabic"),
    (0x66E, 0x6D5, "arabic"),
    (0x6EE, 0x6EF, "arabic"),
    (0x6FA, 0x6FF, "arabic"),
    (0x750, 0x77F, "arabic"),
    (0x8A0, 0x8C9, "arabic"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFC, "arabic"),
    (0x710, 0x74A, "syr"),
    (0x780, 0x7B1, "dv"),
    (0x904, 0x963, "devanagari"),
    (0x985, 0x9FE, "bn"),
    (0xA05, 0xA75, "pa"),
    (0xA85, 0xAFF, "gu"),
    (0xB05, 0xB77, "or"),
    (0xB83, 0xBFA, "ta"),
    (0xC05, 0xC7F, "te"),
    (0xC85, 0xCF2, "kn"),
    (0xD05, 0xD7F, "ml"),
    (0xD85, 0xDF3, "si"),
    (0xE01, 0xE4E, "th"),
    (0xE81, 0xEDF, "lo"),
    (0xF40, 0xFBC, "bo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x135A, "ethiopic"),
    (0x1380, 0x139F, "ethiopic"),
    (0x2D80, 0x2DDF, "ethiopic"),
    (0x1780, 0x17D3, "km"),
    (0x3041, 0x30FF, "kana"),
    (0x31F0, 0x31FF, "kana"),
    (0xFF66, 0xFF9F, "kana"),
    (0x3131, 0x318E, "ko"),
    (0xAC00, 0xD7A3, "ko"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xF900, 0xFAFF, "han"),
    (0x20000, 0x323AF, "han"),
)
# Answers admitted for each shared script: what desks meet, without the look-alikes that short posts are mistaken for.
ADMITTED: dict[str, frozenset[str]] = {
    "latin": _words(
        "en fr de es it pt nl tr id sw so ha pl sv da no fi cs sk sl ro hu sq hr sr bs vi tl ms az uz ku et lv lt om"
    ),
    "arabic": _words("ar fa ur ps ckb ug sd pnb"),
    "cyrillic": _words("ru uk bg sr mk be kk ky tg uz mn tt ba"),
    "devanagari": _words("hi mr ne"),
    "ethiopic": _words("am ti"),
}
# Short posts in a wider language are mistaken for these: answered only when both detectors say so.
LOOK_ALIKES = _words("ms pnb sr bg mk bs hr sk sl da az uz ku be tt ba ky mr ne sd et lv lt")
# Pairs that one model cannot part; the more widely used one is answered.
SAME_ANSWER = {
    "nb": "no",
    "nn": "no",
    "iw": "he",
    "in": "id",
    "fil": "tl",
    "sh": "hr",
    "arz": "ar",
    "azb": "az",
    "prs": "fa",
}

# The little words that hardly any sentence lacks: they decide where the detectors contradict each other.
LITTLE_WORDS: dict[str, frozenset[str]] = {
    "en": _words(
        "the of and to in is that for it was on are with he be at this have from you not by they we she i my me"
    ),
    "fr": _words(
        "le la les de des du et un une est en que qui dans pour pas au sur ne ce il elle je nous vous avec mon ma"
    ),
    "es": _words("el la los las de del y un una es en que por para con no se su al lo como mi me más tras hay esta"),
    "it": _words("il la i gli le di del della e un una è in che per con non si al da lo sono mi ma nel alla ha"),
    "pt": _words("o a os as de do da e um uma é em que por para com não se no na ao dos das eu mas foi"),
    "de": _words("der die das und ist in zu den von mit nicht es ein eine auf für im dem ich sie auch an wir"),
    "nl": _words("de het een en van is in dat op te niet voor met zijn er ik je wij aan die ook"),
    "id": _words("yang dan di ke dari untuk dengan ini itu tidak ada akan pada juga saya kami sudah bisa"),
    "tl": _words("ang ng sa mga na ay at si ko mo ka hindi po ako para lang naman kami"),
    "tr": _words("ve bir bu da de için çok ile var mı ne ama gibi ben sen yok daha"),
}

UNREADABLE_BLOCKS: tuple[tuple[int, int], ...] = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFFE, 0xFFFF),
)
