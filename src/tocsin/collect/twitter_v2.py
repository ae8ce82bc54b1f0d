"""X/Twitter API v2: pages as twarc2 writes them, raw pages, streamed objects and flattened posts.

What is counted: every object in `data` and every flattened post is one object. Posts are given as ParsedPost, users,
lists and counts as NonPost. Compliance lines and `errors` entries speak of what is gone: GoneNotice, no object.
Posts under `includes` (or nested in a flattened post) were not answers to the query: they only complete the text,
handle and links of the posts that refer to them, because counting them would bend volumes towards what is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qs, urlsplit

from tocsin.collect.json_fields import Json, Place, id_text, iso_instant, unescaped
from tocsin.collect.json_frames import TOP_ARRAY, element_blocks, value_blocks
from tocsin.collect.json_values import read_value
from tocsin.collect.line_frames import line_blocks
from tocsin.collect.reader import (
    BLOCK_SIZE,
    HEAD_SIZE,
    GoneNotice,
    OpenStream,
    ReadContext,
    ReadOptions,
    Record,
    SourceManifest,
    audience_refusal,
    with_bounded_texts,
)
from tocsin.collect.sniff import sniffed
from tocsin.records.posts import (
    Audience,
    Block,
    CaptureNote,
    ParsedPost,
    PostKind,
    PostStatus,
    QuarantinedRecord,
    TimeBasis,
)

_PROBLEMS: Final = {
    "resource-not-found": "not found",
    "not-authorized-for-resource": "protected or not authorised",
    "resource-unavailable": "unavailable",
    "operational-disconnect": "stream cut: a hole in the capture",
}
_COMPLIANCE: Final = frozenset({"deleted", "protected", "suspended", "deactivated", "scrub_geo", "withheld"})
_THINGS: Final = frozenset({"tweet", "user", "media", "poll", "place", "list"})
_NONE: Final[Json] = {}


@dataclass(frozen=True, slots=True)
class TwitterV2Details:
    """How records lie in the file: "lines", "document" (pretty-printed pages) or "array" (of posts)."""

    shape: str


class TwitterV2Reader:
    """Reads X/Twitter API v2."""

    manifest: Final = SourceManifest(
        source="twitter",
        format="twitter-v2",
        title="X/Twitter API v2 (twarc2 pages, raw pages, streams, flattened)",
        kinds=("JSONL", "JSON"),
        gives=(
            *("id", "account", "handle", "name", "time", "text", "reply, repost and quote targets", "conversation"),
            *("language", "tags", "mentions", "links", "media keys", "edited", "withheld", "query", "what was gone"),
        ),
        cannot_give=("handle and name where users were not expanded", "full text of reposts that were not expanded"),
        times="ISO 8601 in UTC",
        audience="public; limited where the account is protected",
        private=False,
    )

    def recognises(self, head: bytes, name: str) -> float:
        """0.95 for a page, stream object or flattened post of API v2."""
        sniff = sniffed(head)
        return max((_likeness(sample) for sample in sniff.samples), default=0.0)

    def context(self, open_stream: OpenStream, options: ReadOptions) -> ReadContext:
        """Shape, and query, method and time of collection of the first page that names them."""
        with open_stream() as stream:
            sniff = sniffed(stream.read(HEAD_SIZE))
        shape = sniff.shape if sniff.shape in ("document", "array") else "lines"
        with open_stream() as stream:
            note = _note(next(iter(_blocks(stream, shape, BLOCK_SIZE)), None))
        return ReadContext("twitter-v2", "twitter", note, options.may_read_private, None, TwitterV2Details(shape))

    def blocks(self, stream: BinaryIO, context: ReadContext, block_size: int = BLOCK_SIZE) -> Iterator[Block]:
        """Blocks of lines, pages or posts."""
        details = context.details
        yield from _blocks(stream, details.shape if isinstance(details, TwitterV2Details) else "lines", block_size)

    @with_bounded_texts
    def records(self, block: Block, context: ReadContext) -> Iterator[Record]:
        """Posts, other objects, notices of what is gone, and what could not be read."""
        for frame in block.frames:
            value, noticed = read_value(block, frame)
            yield from noticed
            if isinstance(value, QuarantinedRecord):
                yield value
                continue
            place = Place(block, frame)
            if type(value) is not dict:
                yield place.quarantined("", "", "not a JSON object")
            elif "data" in value:
                yield from _page_records(value, place, context)
            elif "text" in value or "author_id" in value:
                yield _post(value, _NONE, _NONE, place, "", context)
            else:
                yield from _other_records(value, place, context)
            if place.dropped:
                yield from place.dropped


def _blocks(stream: BinaryIO, shape: str, block_size: int) -> Iterator[Block]:
    if shape == "array":
        return element_blocks(stream, (TOP_ARRAY,), block_size)
    return value_blocks(stream, block_size) if shape == "document" else line_blocks(stream, block_size)


def _likeness(sample: Any) -> float:
    if not isinstance(sample, dict):
        return 0.0
    keys = sample.keys()
    if "__twarc" in keys:
        return 0.99
    if {"id", "author_id", "text"} <= keys or {"action", "id", "reason"} <= keys:
        return 0.95
    data = sample.get("data")
    first = data[0] if isinstance(data, list) and data else data
    if isinstance(first, dict):
        if first.keys() & {"author_id", "edit_history_tweet_ids", "tweet_count", "conversation_id"}:
            return 0.95
        return 0.8 if "includes" in keys or first.keys() & {"username", "owner_id"} else 0.2
    meta = sample.get("meta")
    return 0.7 if isinstance(meta, dict) and "result_count" in meta else 0.0


def _note(block: Block | None) -> CaptureNote:
    """Query, method and time from the first record that carries twarc's metadata."""
    for frame in block.frames[:20] if block else ():
        value = read_value(block, frame)[0] if block else None
        twarc = value.get("__twarc") if isinstance(value, dict) else None
        if not isinstance(twarc, dict):
            continue
        url, version = twarc.get("url"), twarc.get("version")
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
            queries = parse_qs(parts.query, max_num_fields=100).get("query", [])
        except ValueError:
            return CaptureNote("twitter", method="twarc2")
        # an account or list id in the address is no part of the method
        path = re.sub(r"\d{3,}", ":id", parts.path)
        method = " ".join(word for word in ("twarc2", version if isinstance(version, str) else "", path) if word)
        query = queries[0] if queries else None
        return CaptureNote("twitter", query, method, iso_instant(twarc.get("retrieved_at")))
    return CaptureNote("twitter")


def _page_records(page: Json, place: Place, context: ReadContext) -> Iterator[Record]:
    data = page["data"]
    includes = page.get("includes")
    users, posts = _by_id(includes, "users"), _by_id(includes, "tweets")
    if type(data) is dict:
        yield _object(data, users, posts, place, "/data", context)
    elif type(data) is list:
        for index, item in enumerate(data):
            pointer = f"/data/{index}"
            if type(item) is dict:
                yield _object(item, users, posts, place, pointer, context)
            else:
                yield place.quarantined(pointer, "", "not a JSON object")
    else:
        yield place.quarantined("/data", "", "neither an object nor a list")
    yield from _gone(page.get("errors"), place)


def _by_id(includes: Any, kind: str) -> Json:
    found = includes.get(kind) if type(includes) is dict else None
    if type(found) is not list:
        return _NONE
    return {item["id"]: item for item in found if type(item) is dict and type(item.get("id")) is str}


def _object(item: Json, users: Json, posts: Json, place: Place, pointer: str, context: ReadContext) -> Record:
    if "text" in item or "author_id" in item:
        return _post(item, users, posts, place, pointer, context)
    if "tweet_count" in item:
        kind = "count"
    elif "username" in item:
        kind = "user"
    elif "owner_id" in item or "member_count" in item:
        kind = "list"
    else:
        return place.quarantined(pointer, "text", "missing, and no user, list or count either")
    return place.not_a_post(kind)


def _other_records(value: Json, place: Place, context: ReadContext) -> Iterator[Record]:
    """Records of a line without `data`: compliance, errors, users, counts and lists on lines of their own."""
    if "action" in value and "id" in value:
        reason = value.get("reason")
        kind = f"compliance: {reason if isinstance(reason, str) and reason in _COMPLIANCE else 'other'}"
        yield place.gone(kind)
    elif type(value.get("errors")) is list:
        yield from _gone(value["errors"], place)
    elif type(value.get("meta")) is dict:
        yield place.not_a_post("empty page")
    else:
        yield _object(value, _NONE, _NONE, place, "", context)


def _gone(errors: Any, place: Place) -> Iterator[GoneNotice]:
    if type(errors) is not list:
        return
    for error in errors:
        if type(error) is not dict:
            continue
        problem, thing = error.get("type"), error.get("resource_type")
        problem_name = problem.rpartition("/")[2] if isinstance(problem, str) else ""
        kind = _PROBLEMS.get(problem_name, "other error")
        if isinstance(thing, str) and thing in _THINGS:
            kind = f"{thing}: {kind}"
        yield place.gone(kind)


def _post(post: Json, users: Json, posts: Json, place: Place, pointer: str, context: ReadContext) -> Record:
    """One post, or its quarantine where id, account or text are missing or of another type."""
    get = post.get
    post_id = id_text(get("id"))
    if not post_id:
        return place.quarantined(pointer, "id", "missing or not an id")
    account = id_text(get("author_id"))
    author = get("author") or users.get(account)
    if type(author) is not dict:
        author = _NONE
    account = account or id_text(author.get("id"))
    if not account:
        return place.quarantined(pointer, "author_id", "missing or not an id")
    audience = Audience.LIMITED if author.get("protected") is True else Audience.PUBLIC
    if "dm_conversation_id" in post:
        audience = Audience.PRIVATE
    refusal = audience_refusal(audience, context)
    if refusal:
        return place.quarantined(pointer, "", refusal)
    reply_to, repost_of, quote_of, original = _targets(get("referenced_tweets"), posts, place, pointer)
    shown = original if original is not None else post
    text = _text(shown)
    if text is None:
        text = _text(post)
        if text is None:
            return place.quarantined(pointer, "text", "missing or not text")
    if repost_of:
        kind = PostKind.REPOST
    elif reply_to or "in_reply_to_user_id" in post:
        kind = PostKind.REPLY
    else:
        kind = PostKind.QUOTE if quote_of else PostKind.POST
    posted_at = iso_instant(get("created_at"))
    if posted_at is None and "created_at" in post:
        place.drop(pointer, "created_at")
    tags, mentions, links = _entities(shown, place, pointer)
    return ParsedPost(
        post_id,
        account,
        place.text(author, "username", pointer),
        place.text(author, "name", pointer),
        posted_at,
        TimeBasis.MISSING if posted_at is None else TimeBasis.EXPLICIT,
        text,
        place.offset,
        place.length,
        pointer,
        place.line_no,
        kind,
        audience,
        _status(post, post_id),
        "",
        "",
        reply_to,
        repost_of,
        quote_of,
        "",
        id_text(get("conversation_id")),
        place.text(post, "lang", pointer),
        tags,
        mentions,
        links,
        _media(shown, place, pointer),
    )


def _text(post: Json) -> str | None:
    note = post.get("note_tweet")
    text = note.get("text") if type(note) is dict else None
    if type(text) is not str:
        text = post.get("text")
    return unescaped(text) if type(text) is str else None


def _status(post: Json, post_id: str) -> PostStatus:
    if "withheld" in post:
        return PostStatus.WITHHELD
    history = post.get("edit_history_tweet_ids")
    edited = type(history) is list and len(history) > 1 and history[0] != post_id
    return PostStatus.EDITED if edited else PostStatus.LIVE


def _targets(references: Any, posts: Json, place: Place, pointer: str) -> tuple[str, str, str, Json | None]:
    """Ids of the posts replied to, reposted and quoted, and the reposted post where it was collected too."""
    if references is None:
        return "", "", "", None
    if type(references) is not list:
        place.drop(pointer, "referenced_tweets")
        return "", "", "", None
    found = {"replied_to": "", "retweeted": "", "quoted": ""}
    original: Json | None = None
    for reference in references:
        kind = reference.get("type") if type(reference) is dict else None
        if not isinstance(kind, str) or kind not in found:
            place.drop(pointer, "referenced_tweets")
            continue
        target = id_text(reference.get("id"))
        if not target:
            place.drop(pointer, "referenced_tweets")
            continue
        found[kind] = target
        if kind == "retweeted":
            whole = reference if "text" in reference else posts.get(target)
            original = whole if type(whole) is dict else None
    return found["replied_to"], found["retweeted"], found["quoted"], original


def _entities(
    post: Json, place: Place, pointer: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Declared tags, mentioned handles and links; those of a long post where it has its own."""
    note = post.get("note_tweet")
    entities = note.get("entities") if type(note) is dict else None
    if type(entities) is not dict:
        entities = post.get("entities")
        if entities is None:
            return (), (), ()
        if type(entities) is not dict:
            place.drop(pointer, "entities")
            return (), (), ()
    links: list[tuple[str, str]] = []
    inside = f"{pointer}/entities"
    for url in place.dicts(entities, "urls", inside):
        written = url.get("url")
        expanded = url.get("unwound_url") or url.get("expanded_url")
        if type(written) is str:
            links.append((written, expanded if type(expanded) is str else ""))
        else:
            place.drop(inside, "urls")
    tags = place.names(entities, "hashtags", "tag", inside)
    return tags, place.names(entities, "mentions", "username", inside), tuple(links)


def _media(post: Json, place: Place, pointer: str) -> tuple[str, ...]:
    attachments = post.get("attachments")
    if attachments is None:
        return ()
    keys = attachments.get("media_keys") if type(attachments) is dict else 0
    if keys is None:
        return ()
    if type(keys) is not list:
        place.drop(pointer, "attachments")
        return ()
    return tuple(key for key in keys if type(key) is str)
