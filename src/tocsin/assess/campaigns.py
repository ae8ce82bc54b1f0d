"""Campaign or trend: an effort becomes a campaign only when a codebook ties it to calls for violence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from tocsin.assess.campaign_parts import (
    Corpus,
    Tie,
    counted,
    is_call,
    tag_counts,
    telling_terms,
    tie_of,
    time_range,
)
from tocsin.assess.codebook_types import TIED_FACETS, Codebook
from tocsin.assess.fairness import wilson_interval
from tocsin.assess.intent import THRESHOLD
from tocsin.assess.places import gazetteer
from tocsin.records.errors import TocsinInputError
from tocsin.records.findings import (
    Burst,
    Campaign,
    Cluster,
    CoordinatedGroup,
    Effort,
    Narrative,
    Place,
    Trend,
    Verdict,
)
from tocsin.records.folding import Folder

_TAG_ACCOUNTS = 3  # a tag that fewer accounts used could point to a person
_MOST_WORD_BURSTS = 8
_MIN_CALLER_SHARE = 0.5  # of a group's accounts in the effort, for the group to be shown with it


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """When an effort is a campaign. Shares are 0-1.

    `min_call_share` and `min_caller_share` protect a benign effort that a few callers try to ride on, however often
    they post: with its posts or its people mostly benign it stays a trend, and none of its accounts is shown.
    """

    threshold: float = THRESHOLD
    min_called_posts: int = 5
    min_called_accounts: int = 3
    min_call_share: float = 0.2
    min_caller_share: float = 0.2  # of callers and of accounts that speak of other things
    min_tied_calls: int = 2  # calls that name the organisation or act of the violence criterion
    max_narratives: int = 12

    def __post_init__(self) -> None:
        if self.min_called_posts < 2 or self.min_called_accounts < 2 or self.min_tied_calls < 1:
            raise TocsinInputError(
                "campaign settings are too low",
                expected="at least 2 called posts, 2 accounts and 1 call tied to violence",
                next_step="one post or one person is never a campaign",
            )
        if any(not 0 < each <= 1 for each in (self.threshold, self.min_call_share, self.min_caller_share)):
            raise TocsinInputError("campaign settings out of range", expected="shares above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Findings:
    """What detection found, by id; `cluster_members` gives the leaf indexes of each cluster."""

    bursts: Sequence[Burst] = ()
    groups: Sequence[CoordinatedGroup] = ()
    clusters: Sequence[Cluster] = ()
    cluster_members: Mapping[str, Sequence[int]] | None = None


def campaigns_and_trends(
    efforts: Iterable[Effort],
    posts: pa.Table,
    assessed: pa.Table,
    findings: Findings,
    codebooks: Sequence[Codebook],
    folder: Folder,
    settings: CampaignSettings = CampaignSettings(),
    verdicts: Mapping[str, Verdict] | None = None,
) -> tuple[list[Campaign], list[Trend]]:
    """Campaigns, strongest first, and every other effort as a trend, largest first.

    `posts` has the latest version of each post (POSTS), `assessed` their ASSESSMENTS; `verdicts` are people's
    judgements by campaign id. An effort none of whose posts has a time is left out of both.
    """
    corpus = Corpus(posts, assessed)
    maker = _Maker(corpus, findings, codebooks, folder, settings, verdicts or {})
    campaigns: list[Campaign] = []
    trends: list[Trend] = []
    for effort in efforts:
        rows = corpus.rows(effort.leaf_indexes)
        if time_range(rows) is None:
            continue
        ties = [tie_of(codebook, rows, corpus, settings.threshold) for codebook in codebooks]
        holding = [tie for tie in ties if not missing_ties(tie, settings)]
        if holding:
            campaigns.append(
                maker.campaign(effort, rows, max(holding, key=lambda tie: (tie.called_post_count, tie.codebook)))
            )
        else:
            trends.append(_trend(effort, rows, ties, settings))
    campaigns.sort(key=lambda campaign: (-campaign.score, campaign.campaign_id))
    trends.sort(key=lambda trend: (-trend.post_count, trend.trend_id))
    return campaigns, trends


def missing_ties(tie: Tie, settings: CampaignSettings) -> list[str]:
    """What an effort lacks to be a campaign under this codebook, in words; nothing when it is one."""
    lacks = []
    if tie.called_post_count < settings.min_called_posts:
        lacks.append(f"{tie.called_post_count} posts call, {settings.min_called_posts} needed")
    if len(tie.called_accounts) < settings.min_called_accounts:
        lacks.append(f"{len(tie.called_accounts)} accounts call, {settings.min_called_accounts} needed")
    if tie.call_share < settings.min_call_share:
        lacks.append(f"{tie.call_share:.1%} of the posts call, {settings.min_call_share:.0%} needed")
    if tie.called_accounts and tie.caller_share < settings.min_caller_share:
        lacks.append(f"most people in it speak of other things, {settings.min_caller_share:.0%} callers needed")
    if tie.tied_call_count < settings.min_tied_calls:
        lacks.append(f"{tie.tied_call_count} calls name a violent group or act, {settings.min_tied_calls} needed")
    return lacks


def campaign_score(tie: Tie, post_count: int, *, has_burst: bool, has_group: bool) -> float:
    """Strength of the evidence that an effort is a recruitment campaign, 0-1; of the effort, never of a person.

    0.5 x lower 95 % bound of the call share + 0.2 x lower bound of the share of calls that name the violent group
    or act + 0.1 x callers (10 or more: full) + 0.1 for a burst + 0.1 for a coordinated group.
    """
    share = wilson_interval(tie.called_post_count, post_count)[0]
    tied = wilson_interval(tie.tied_call_count, tie.called_post_count)[0]
    callers = min(1.0, len(tie.called_accounts) / 10)
    return round(min(1.0, 0.5 * share + 0.2 * tied + 0.1 * callers + 0.1 * has_burst + 0.1 * has_group), 4)


def told_bursts(bursts: Sequence[Burst]) -> tuple[Burst, ...]:
    """The bursts a campaign is told by: tags, links and domains all, of single words the few with the largest surplus.

    A text that is copied makes a burst of every word in it; hundreds of them say what its narrative says already.
    """
    words = sorted(
        (burst for burst in bursts if burst.series == "phrase"),
        key=lambda burst: (burst.expected_count - burst.post_count, burst.burst_id),
    )
    kept = {burst.burst_id for burst in words[:_MOST_WORD_BURSTS]}
    return tuple(burst for burst in bursts if burst.series != "phrase" or burst.burst_id in kept)


def campaign_id_of(effort: Effort) -> str:
    """The id a campaign made of this effort has; the same effort has the same id in every run."""
    return _stable_id("campaign", effort.effort_id)


def _stable_id(kind: str, effort_id: str) -> str:
    return f"{kind}-{hashlib.sha256(effort_id.encode()).hexdigest()[:12]}"


def _trend(effort: Effort, rows: Sequence[Mapping[str, Any]], ties: Sequence[Tie], settings: CampaignSettings) -> Trend:
    """Counts only: no account, no group, no example; a tag only when several accounts used it."""
    times = time_range(rows)
    assert times is not None
    tags = tag_counts(rows, _TAG_ACCOUNTS)
    reasons = tuple(
        f"codebook {tie.codebook} does not tie it: " + "; ".join(missing_ties(tie, settings)) for tie in ties
    ) or ("no codebook was asked",)
    return Trend(
        trend_id=_stable_id("trend", effort.effort_id),
        title=f"#{next(iter(tags))}" if tags else "posts without a shared tag",
        first_posted_at=times[0],
        last_posted_at=times[1],
        post_count=len(rows),
        account_count=len({row["account_id"] for row in rows}),
        sources=counted(row["source"] for row in rows),
        languages=counted(row["lang"] for row in rows),
        tags=tags,
        burst_count=len(effort.burst_ids),
        reasons=reasons,
    )


def _narrative(
    cluster: Cluster, members: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], tie: Tie
) -> Narrative:
    """A cluster of a campaign's posts, by its first call and by the words that tell it from the campaign's others."""
    called = min(
        (row for row in members if row["leaf_index"] in tie.called_leaves),
        key=lambda row: (row["posted_at"] is None, row["posted_at"] or 0, row["leaf_index"]),
    )
    inside = {row["leaf_index"] for row in members}
    return Narrative(
        cluster_id=cluster.cluster_id,
        post_count=len(members),
        account_count=len({row["account_id"] for row in members}),
        example_post_id=called["post_id"],
        example_leaf=called["leaf_index"],
        call_share=round(sum(row["leaf_index"] in tie.called_leaves for row in members) / len(members), 4),
        terms=telling_terms(members, [row for row in rows if row["leaf_index"] not in inside]),
        formulaic=cluster.formulaic,
    )


class _Maker:
    """Makes campaigns of efforts that a codebook ties."""

    def __init__(
        self,
        corpus: Corpus,
        findings: Findings,
        codebooks: Sequence[Codebook],
        folder: Folder,
        settings: CampaignSettings,
        verdicts: Mapping[str, Verdict],
    ) -> None:
        self._corpus, self._settings, self._verdicts, self._folder = corpus, settings, verdicts, folder
        self._codebooks = {codebook.name: codebook for codebook in codebooks}
        self._bursts = {burst.burst_id: burst for burst in findings.bursts}
        self._groups = {group.group_id: group for group in findings.groups}
        self._clusters = {cluster.cluster_id: cluster for cluster in findings.clusters}
        self._members = findings.cluster_members or {}
        self._places = gazetteer(codebooks)

    def campaign(self, effort: Effort, rows: Sequence[Mapping[str, Any]], tie: Tie) -> Campaign:
        """The campaign an effort is under one codebook."""
        times = time_range(rows)
        assert times is not None
        tags = tag_counts(rows, _TAG_ACCOUNTS)
        campaign_id = campaign_id_of(effort)
        bursts = told_bursts([self._bursts[each] for each in effort.burst_ids if each in self._bursts])
        groups, left_out = self._groups_of(effort, tie)
        intent = self._intent(rows, tie)
        return Campaign(
            campaign_id=campaign_id,
            title=self._title(tie, tags, intent),
            codebook=tie.codebook,
            first_posted_at=times[0],
            last_posted_at=times[1],
            post_count=len(rows),
            account_count=len({row["account_id"] for row in rows}),
            sources=counted(row["source"] for row in rows),
            languages=counted(row["lang"] for row in rows),
            tags=tags,
            bursts=bursts,
            groups=groups,
            narratives=self._narratives(effort, rows, tie),
            destinations=self._destinations(tie),
            intent=intent,
            score=campaign_score(tie, len(rows), has_burst=bool(bursts), has_group=bool(groups)),
            reasons=self._reasons(effort, rows, tie, left_out),
            verdict=self._verdicts.get(campaign_id),
        )

    def _title(self, tie: Tie, tags: Mapping[str, int], intent: Mapping[str, Any]) -> str:
        codebook = self._codebooks[tie.codebook]
        kinds = intent["by_kind"]
        kind = next((kind for kind in kinds if kind in {rule.kind for rule in codebook.rules}), "calls")
        glosses = self._tag_glosses(codebook)
        for tag in tags:
            if tag.replace(" ", "") in glosses:
                term, gloss = glosses[tag.replace(" ", "")]
                return f"{term} [{gloss.split(' [')[0]}]: {kind}"
        named = counted(
            concept.split(":", 1)[1]
            for row in tie.assessments
            if row["leaf_index"] in tie.called_leaves
            for concept in row["concepts"]
            if concept.split(":", 1)[0] in TIED_FACETS
        )
        gloss = codebook.concept(next(iter(named))).gloss
        return f"#{next(iter(tags))}: {kind}, {gloss}" if tags else f"{gloss}: {kind}"

    def _tag_glosses(self, codebook: Codebook) -> dict[str, tuple[str, str]]:
        terms = [
            (term.text, concept.gloss)
            for concept in codebook.concepts
            if concept.facet == "slogan"
            for term in concept.terms
            if term.text.startswith("#")
        ]
        keys = self._folder.keys([text.removeprefix("#") for text, _ in terms])
        return {key.replace(" ", ""): term for key, term in zip(keys, terms, strict=True)}

    def _groups_of(self, effort: Effort, tie: Tie) -> tuple[tuple[CoordinatedGroup, ...], int]:
        """Groups whose accounts mostly call, cut to the accounts that call in this effort; and how many were left out.

        Reporters and opponents who share the tag within the window must not be drawn as part of the campaign.
        `weight` and `edge_count` stay bounded by what the remaining accounts can have.
        """
        kept, left_out = [], 0
        in_effort = {row["account_id"] for row in self._corpus.rows(effort.leaf_indexes)}
        for group_id in effort.group_ids:
            group = self._groups.get(group_id)
            if group is None:
                continue
            present = [account for account in group.account_ids if account in in_effort]
            callers = tuple(account for account in present if account in tie.called_accounts)
            if len(callers) < 2 or len(callers) < _MIN_CALLER_SHARE * len(present):
                left_out += 1
                continue
            edges = min(group.edge_count, len(callers) * (len(callers) - 1) // 2)
            weight = (
                group.weight
                if len(callers) == len(group.account_ids)
                else group.weight * edges // max(1, group.edge_count)
            )
            kept.append(replace(group, account_ids=callers, edge_count=edges, weight=weight))
        return tuple(kept), left_out

    def _intent(self, rows: Sequence[Mapping[str, Any]], tie: Tie) -> dict[str, Any]:
        languages = self._codebooks[tie.codebook].languages
        assessed = {row["leaf_index"]: row for row in tie.assessments}
        unread = sum(
            (row["leaf_index"] in assessed and assessed[row["leaf_index"]]["recruitment"] is None)
            or (row["leaf_index"] not in assessed and row["lang"] not in languages)
            for row in rows
        )
        return {
            "call_share": round(tie.call_share, 4),
            "called_post_count": tie.called_post_count,
            "by_kind": counted(row["kind"] for row in tie.assessments),
            "by_stance": counted(row["stance"] for row in tie.assessments),
            "cannot_assess_share": round(unread / len(rows), 4),
        }

    def _narratives(self, effort: Effort, rows: Sequence[Mapping[str, Any]], tie: Tie) -> tuple[Narrative, ...]:
        by_leaf = {row["leaf_index"]: row for row in rows}
        found = []
        for cluster_id in effort.cluster_ids:
            cluster = self._clusters.get(cluster_id)
            members = [by_leaf[leaf] for leaf in self._members.get(cluster_id, ()) if leaf in by_leaf]
            # What people who report, ask or object say alike is no narrative of the campaign.
            if cluster is not None and any(row["leaf_index"] in tie.called_leaves for row in members):
                found.append((cluster, members))
        found.sort(key=lambda each: (each[0].formulaic, -len(each[1]), each[0].cluster_id))
        return tuple(_narrative(*each, rows, tie) for each in found[: self._settings.max_narratives])

    def _destinations(self, tie: Tie) -> tuple[dict[str, Any], ...]:
        counts = counted(
            place
            for row in tie.assessments
            if row["leaf_index"] in tie.called_leaves and is_call(row, self._settings.threshold)
            for place in row["destinations"]
        )
        found = []
        for place_id, count in counts.items():
            place: Place | None = self._places.get(place_id)
            if place is not None:
                found.append({"place": place.name, "country": place.country, "post_count": count, "place_id": place_id})
        return tuple(found)

    def _reasons(self, effort: Effort, rows: Sequence[Mapping[str, Any]], tie: Tie, left_out: int) -> tuple[str, ...]:
        codebook = self._codebooks[tie.codebook]
        low, high = wilson_interval(tie.called_post_count, len(rows))
        reasons = [
            f"{tie.called_post_count} of {len(rows)} posts ({tie.call_share:.0%}, 95 %: {low:.0%} to {high:.0%}) "
            f"by {len(tie.called_accounts)} accounts call, as codebook {codebook.name} {codebook.version} reads them",
            f"{tie.tied_call_count} of these calls name a violent group or act",
            f"violence criterion: {codebook.violence_criterion}",
        ]
        if left_out:
            reasons.append(f"{left_out} coordinated groups are left out: most of their accounts do not call")
        return (*reasons, *effort.reasons)
