"""The sentences of a dispatch, computed from its figures: proper plurals, nothing said that no figure carries."""

from __future__ import annotations

from .page import Page, Part, Sentence, given, sentence
from .queries import ColumnKind
from .wording import ROLE_MEANINGS, listing, plural, shown_value


def headline(page: Page) -> str:
    """The analyst's headline, or one computed: what it is, and what it followed."""
    campaign = page.document["campaign"]
    if campaign["headline"]:
        return str(campaign["headline"])
    title, bursts = str(campaign["title"]), page.rows("campaign_bursts")
    if not bursts or not _rose(page):
        return title
    rises = "; posting rises" if ": " in title else ": posting rises"
    return title + rises + (f" after “{bursts[0][9]}”" if bursts[0][9] else "")


def _rose(page: Page) -> bool:
    """True where the tag took a larger share of what was collected during the burst than just before."""
    if "burst/before" not in page.by_slot:
        return False
    during, before = page.count("burst/during"), page.count("burst/before")
    return during * page.count("archive/before") > before * page.count("archive/during")


def summary(page: Page) -> list[Sentence]:
    """The opening paragraph."""
    return [
        _extent(page),
        *intensified(page)[:1],
        _callers(page),
        *_points_to(page),
        sentence("Whether anybody was moved to act is not known."),
    ]


def _extent(page: Page) -> Sentence:
    posts, accounts = page.count("campaign_posts"), page.count("campaign_accounts")
    sources = [shown_value(ColumnKind.SOURCE, row[0]) for row in page.rows("campaign_sources")]
    parts: list[str | Part] = [
        "Between ",
        page.part("campaign_first_posted"),
        " and ",
        page.part("campaign_last_posted"),
        ", ",
    ]
    parts += [
        page.part("campaign_accounts"),
        f" {plural(accounts, 'account')} on {listing(sources) if sources else 'no source'} made ",
    ]
    parts += [
        page.part("campaign_posts"),
        f" {plural(posts, 'post')} that belong together; ",
        page.part("campaign_calls"),
        " of them",
        *share_in_brackets(page, "campaign_calls"),
        f" {plural(page.count('campaign_calls'), 'carries', 'carry')} a call of the kind that the codebook ",
        given(page.document["codebook"]["title"]),
        " ties to violence.",
    ]
    return sentence(*parts)


def share_in_brackets(page: Page, slot: str) -> list[str | Part]:
    """A share after its counts; left out where the whole is so small that a share would say more than the counts."""
    return [" (", page.part(slot, 0, 2), ")"] if page.count(slot, 0, 1) >= 50 else []


def intensified(page: Page) -> list[Sentence]:
    """How posting rose, and after what."""
    bursts = page.rows("campaign_bursts")
    if not bursts:
        return [sentence("No stretch of posting stands out from the baseline.")]
    parts: list[str | Part] = [
        "Between ",
        page.part("campaign_bursts", 0, 2),
        " and ",
        page.part("campaign_bursts", 0, 3),
        ", ",
    ]
    if "burst/before" in page.by_slot:
        parts += [page.part("burst/during"), f" {plural(page.count('burst/during'), 'post')} in the archive carried "]
        parts += ["the ", *series_name(page, 0), ", against ", page.part("burst/before")]
        parts += [" in the stretch of the same length just before"]
        if not page.count("archive/before"):
            parts += [", of which the archive holds no post at all"]
    else:
        parts += [*series_name(page, 0), " stood out from its own baseline"]
    if bursts[0][9] is not None:
        parts += ["; the burst began ", page.part("campaign_bursts", 0, 11), " after “", given(str(bursts[0][9])), "”"]
    else:
        parts += ["; no event in the desk’s list comes shortly before the burst"]
    return [sentence(*parts, "."), _surplus(page), _exposure(page), _peak(page)]


def _surplus(page: Page) -> Sentence:
    return sentence(
        "From its baseline about ",
        page.part("campaign_bursts", 0, 7),
        " of these ",
        page.part("campaign_bursts", 0, 6),
        f" {plural(page.count('campaign_bursts', 0, 6), 'post')} would be expected (q ",
        page.part("campaign_bursts", 0, 8),
        ", corrected across every series tested): the stretch is unusual, which does not say why.",
    )


def _exposure(page: Page) -> Sentence:
    during, before = page.count("archive/during"), page.count("archive/before")
    return sentence(
        "The archive as a whole holds ",
        page.part("archive/during"),
        f" {plural(during, 'post')} of that stretch and ",
        page.part("archive/before"),
        f" {plural(before, 'post')} of the one before: what was collected differs between them as well.",
    )


def series_name(page: Page, row: int) -> list[str | Part]:
    """What a burst is a burst of."""
    series, key = page.rows("campaign_bursts")[row][:2]
    word = shown_value(ColumnKind.WORD, series)
    if series == "tag":
        return [f"{word} ", given(f"#{key}")]
    return [f"{word} ", given(f"“{key}”")] if series in ("phrase", "key") else [f"{word} (withheld)"]


def told_bursts(page: Page) -> list[int]:
    """The rows of the bursts that a table shows: links are left to their sites, since neither may be named."""
    return [place for place, row in enumerate(page.rows("campaign_bursts")) if row[0] != "link"][:12]


def _peak(page: Page) -> Sentence:
    return sentence(
        "Its highest count in one step of the baseline, ",
        page.part("campaign_bursts", 0, 5),
        ", is that from ",
        page.part("campaign_bursts", 0, 4),
        ". That posting followed an event does not say the event caused it.",
    )


def _callers(page: Page) -> Sentence:
    callers = sum(page.count("campaign_roles", row, 1) for row in range(len(page.rows("campaign_roles"))))
    half, bystanders = page.count("campaign_half"), page.count("campaign_bystanders")
    if not callers:
        return sentence("No account is shown: none called.")
    parts: list[str | Part] = ["Half of the calls were made by "]
    parts += [page.part("campaign_half"), f" {plural(half, 'account')}"]
    if page.count("campaign_coordination"):
        parts += ["; ", *_coordination(page)]
    if not bystanders:
        return sentence(*parts, ". No account posted in it without calling.")
    parts += [". Another ", page.part("campaign_bystanders"), f" {plural(bystanders, 'account')} posted in it without "]
    parts += ["calling (who reports, asks, objects or jokes is among them): "]
    return sentence(*parts, f"{plural(bystanders, 'it is', 'they are')} counted, and not shown.")


def _coordination(page: Page) -> list[str | Part]:
    groups, accounts = page.count("campaign_coordination"), page.count("campaign_coordination", 0, 1)
    return [
        page.part("campaign_coordination", 0, 1),
        f" {plural(accounts, 'account')} of those that called posted the same things at nearly the same moments, in ",
        page.part("campaign_coordination", 0, 0),
        f" coordinated {plural(groups, 'group')}",
    ]


def _points_to(page: Page) -> list[Sentence]:
    rows = page.rows("campaign_destinations")
    if not rows:
        return []
    place = page.places.get(str(rows[0][0]))
    if place is None:
        return []
    posts = page.count("campaign_destinations", 0, 1)
    return [
        sentence(
            "The calls point most often to ",
            given(place["name"]),
            " (",
            given(place["country_name"]),
            "), named in ",
            page.part("campaign_destinations", 0, 1),
            f" {plural(posts, 'post')}.",
        )
    ]


def drivers(page: Page) -> list[Sentence]:
    """Who drives it, by what they did."""
    sentences = []
    if page.count("campaign_coordination"):
        posts = page.count("campaign_coordination", 0, 3)
        sentences.append(
            sentence(
                *_coordination(page),
                ", and made ",
                page.part("campaign_coordination", 0, 3),
                f" of the campaign’s {plural(posts, 'post')}.",
            )
        )
    else:
        sentences.append(sentence("No coordinated group was found among the accounts that called."))
    sentences.append(
        sentence(
            "Accounts appear under pseudonyms that only this desk can resolve. A role says what an account did in this "
            "campaign and nothing else; accounts are neither scored nor ranked. Only accounts that called at least "
            "once are shown."
        )
    )
    return sentences


def role_meaning(role: str) -> str:
    """What a role means, in words."""
    return ROLE_MEANINGS.get(role, "")


def unknowns(page: Page) -> list[Sentence]:
    """What is not known: always said, with counts where there are any."""
    said = [
        sentence(
            "Whether anybody was moved to act. Posts show what was said, not what was done, and nothing here measures "
            "how many read them."
        ),
        _languages_unread(page),
        *_times(page),
        _quarantined(page),
        *_gone(page),
        sentence(
            "Who is behind an account, and whether two accounts are one person. Coordination is a pattern in time and "
            "content; it does not say who arranged it."
        ),
        sentence(
            "What was posted where the desk does not collect, in closed groups, in pictures and in sound. The archive "
            "proves that a post was not changed or removed since it was collected, not that the platform served it."
        ),
    ]
    return said + [sentence(given(text)) for text in page.document["unknowns"]]


def _languages_unread(page: Page) -> Sentence:
    rows = page.rows("campaign_unassessed")
    if not rows:
        return sentence("Every language of the campaign’s posts is covered by the codebook.")
    parts: list[str | Part] = ["Posts in languages the codebook does not cover cannot be assessed, which is not “no”: "]
    for row in range(len(rows)):
        posts = page.count("campaign_unassessed", row, 1)
        parts += ["; " if row else "", page.part("campaign_unassessed", row, 0), ": "]
        parts += [page.part("campaign_unassessed", row, 1), f" {plural(posts, 'post')}"]
    return sentence(*parts, ".")


def _times(page: Page) -> list[Sentence]:
    rows = page.rows("campaign_time_bases")
    doubtful = [index for index, row in enumerate(rows) if row[0] != "explicit"]
    if not doubtful:
        return [sentence("Every post of the campaign carries a time whose zone the export gives.")]
    parts: list[str | Part] = ["The exact hour of some posts: "]
    for place, row in enumerate(doubtful):
        posts = page.count("campaign_time_bases", row, 1)
        parts += ["; " if place else "", page.part("campaign_time_bases", row, 1), f" {plural(posts, 'post')} with "]
        parts += [page.part("campaign_time_bases", row, 0)]
    return [sentence(*parts, ".")]


def _quarantined(page: Page) -> Sentence:
    count = page.count("import_totals", 0, 4)
    if not count:
        return sentence("Nothing that was imported had to be put into quarantine unread.")
    return sentence(
        page.part("import_totals", 0, 4),
        " of ",
        page.part("import_totals", 0, 1),
        f" records read could not be understood and {plural(count, 'is', 'are')} in quarantine; what "
        f"{plural(count, 'it says', 'they say')} is not in any figure here.",
    )


def _gone(page: Page) -> list[Sentence]:
    count = page.count("campaign_gone")
    if not count:
        return []
    return [
        sentence(
            page.part("campaign_gone"),
            f" {plural(count, 'post was', 'posts were')} already deleted or withheld by the platform when collected.",
        )
    ]


def narrative(page: Page, slot: str) -> Sentence:
    """How large one narrative is."""
    posts, accounts, calls = (page.count(slot, 0, column) for column in range(3))
    return sentence(
        page.part(slot, 0, 0),
        f" {plural(posts, 'post')} by ",
        page.part(slot, 0, 1),
        f" {plural(accounts, 'account')}, from ",
        page.part(slot, 0, 3),
        " to ",
        page.part(slot, 0, 4),
        "; ",
        page.part(slot, 0, 2),
        f" of them {plural(calls, 'calls', 'call')}.",
    )


def reasons(page: Page) -> list[Sentence]:
    """Why the effort is a campaign: what the calls ask for, and the recorded reasons that hold no number.

    A recorded reason with a number in it is left out: no query stands behind that number.
    """
    said = []
    rows = page.rows("campaign_call_kinds")
    if rows:
        parts: list[str | Part] = ["What the calls ask for: "]
        for row in range(len(rows)):
            parts += ["; " if row else "", page.part("campaign_call_kinds", row, 0), ", "]
            parts += [
                page.part("campaign_call_kinds", row, 1),
                f" {plural(page.count('campaign_call_kinds', row, 1), 'post')}",
            ]
        said.append(sentence(*parts, "."))
    stances = page.rows("campaign_stances")
    if stances:
        parts = ["How authors stand to the terms matched, as far as rules can tell: "]
        for row in range(len(stances)):
            parts += [", " if row else "", page.part("campaign_stances", row, 0), " "]
            parts += [page.part("campaign_stances", row, 1)]
        said.append(sentence(*parts, "."))
    # The criterion stands at the head of the box already.
    printed = f"violence criterion: {page.document['codebook']['violence_criterion']}"
    kept = [
        reason
        for reason in page.document["campaign"]["reasons"]
        if reason != printed and not any(char.isnumeric() for char in reason)
    ]
    return said + [sentence("Recorded when it was assessed: ", given(reason.rstrip(".")), ".") for reason in kept]


def network_rest(page: Page) -> Sentence:
    """How many accounts in groups are not drawn."""
    drawn, grouped = len(page.rows("campaign_network")), page.count("campaign_coordination", 0, 1)
    if drawn >= grouped:
        return sentence("Every calling account with a tie is drawn.")
    return sentence(
        "Of ",
        page.part("campaign_coordination", 0, 1),
        " calling accounts with a tie, those with the most are drawn; the rest are counted only.",
    )


def method(page: Page) -> list[Sentence]:
    """How it was found, in three sentences."""
    return [
        sentence(
            "The desk archives exports as they were collected and folds spelling variants of each text together. It "
            "looks for stretches in which a tag, link, phrase or repeated text was posted more than its own baseline "
            "explains, for accounts that post the same things at nearly the same moments, and for texts that are "
            "nearly the same, and joins findings that share posts, accounts and time into one effort."
        ),
        sentence(
            "An effort is called a campaign only where a codebook ties it to calls for a group or act of violence. Any "
            "other effort (a strike, a rally, a pilgrimage, a relief drive) stays a trend: counts only, never accounts."
        ),
        sentence(
            "The archive held ",
            page.part("corpus_posts"),
            f" {plural(page.count('corpus_posts'), 'post')} when this was written, from ",
            page.part("import_totals", 0, 0),
            f" imported {plural(page.count('import_totals'), 'file')}.",
        ),
    ]
