"""Writes one cast: sample exports, events, truth and README. Same seed, names and start: the same bytes.

python tests/cast/generate.py OUT --seed N [--names lantern|second] [--no-campaign] [--wording first|second]
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cast import exports, exports_chat
from cast.campaign import campaign as planted_campaign
from cast.codebook import codebook_for
from cast.efforts import Planted, benign_effort, step_of
from cast.names import BY_KEY, LANTERN, Names
from cast.people import DAYS, Draft, People, random_id
from cast.readme import readme
from cast.truth import CHANNEL_ID, SQUARE_ID, FileCount, truth
from cast.village import ordinary_posts, villagers

DEFAULT_SEED = 20260105
STARTS = {"lantern": datetime(2026, 1, 5, tzinfo=UTC), "second": datetime(2026, 3, 2, tzinfo=UTC)}
BENIGN = ("strike", "relief", "rally", "pilgrimage")
_X_SPLIT_DAY, _SQUARE_SPLIT_DAY = 26, 40
X1, X2, X11 = "x_v2_part1.jsonl.gz", "x_v2_part2.jsonl", "x_v11_archive.jsonl"
CHANNEL, SQUARE1, SQUARE2 = "telegram_channel.json", "telegram_square_1.json", "telegram_square_2.json"
ROCKET, BOARD = "rocketchat_harbour_room.json", "notice_board.csv"


def generate(seed: int, names: Names, start: datetime, out_folder: Path, campaign: bool = True) -> dict[str, Any]:
    """Write the cast into `out_folder` and return its truth."""
    end = start + timedelta(days=DAYS)
    people = People(random.Random(f"{seed}:people"), names, start)
    village = villagers(people)
    ordinary = ordinary_posts(random.Random(f"{seed}:village"), names, start, village)
    efforts = [
        benign_effort(random.Random(f"{seed}:{name}"), name, names, start, end, people, village) for name in BENIGN
    ]
    if campaign:
        efforts.append(planted_campaign(random.Random(f"{seed}:campaign"), names, start, end, people, village))
    drafts = sorted(
        [*ordinary, *(draft for planted in efforts for draft in planted.drafts)],
        key=lambda d: (d.at, d.venue, d.account.platform_id),
    )
    rng = random.Random(f"{seed}:exports")
    _number(rng, drafts)
    _damage(rng, drafts)
    (out_folder / "exports").mkdir(parents=True, exist_ok=True)
    (out_folder / "private_sample").mkdir(exist_ok=True)
    handles = {account.handle: account.platform_id for account in people.accounts if account.platform == "twitter"}
    files = _write_x(out_folder / "exports", drafts, names, start, end, handles) + _write_telegram(
        out_folder / "exports", drafts, names, start, campaign
    )
    files += _write_tables(rng, out_folder / "exports", drafts)
    _write(out_folder / "private_sample" / "whatsapp_chat.txt", exports_chat.private_chat(start))
    events = _events(efforts, names, start)
    _write(
        out_folder / "events.csv",
        "event_at,title\r\n" + "".join(f"{at:%Y-%m-%dT%H:%M:%SZ},{title}\r\n" for at, title in events),
    )
    told = truth(seed, names, start, end, [d for d in drafts if not d.damage], efforts, files, events)
    _write(out_folder / "truth.json", _json_lines_inside(told))
    _write(out_folder / "README.md", readme(told, names, campaign))
    if names is not LANTERN:
        _write(out_folder / "codebook.yaml", codebook_for(names))
    return told


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


def _json_lines_inside(told: dict[str, Any]) -> str:
    """JSON with one label a line, so that a changed post is one changed line."""
    head = json.dumps({key: value for key, value in told.items() if key != "labels"}, ensure_ascii=False, indent=1)
    labels = ",\n".join(json.dumps(label, ensure_ascii=False) for label in told["labels"])
    return f'{head[:-2]},\n "labels": [\n{labels}\n]\n}}\n'


def _number(rng: random.Random, drafts: list[Draft]) -> None:
    exports.numbered_x(rng, [draft for draft in drafts if draft.venue in ("x", "x1")])
    for venue in ("channel", "square", "rocket", "board"):
        number = 100
        for draft in (draft for draft in drafts if draft.venue == venue):
            number += rng.choice((1, 1, 1, 2, 3))
            draft.number = number
            draft.platform_id = random_id(rng) if venue == "rocket" else f"nb{number:05d}"
    for number, draft in enumerate(draft for draft in drafts if draft.venue in ("x", "x1")):
        draft.number = number


def _damage(rng: random.Random, drafts: list[Draft]) -> None:
    """Break a handful of ordinary posts nobody refers to."""
    referred = {id(other) for draft in drafts for other in (draft.reply_to, draft.repost_of) if other is not None}
    for venue, damages in {
        "x": ("wrong type", "wrong type", "no id"),
        "x1": ("cut",),
        "square": ("wrong type",),
        "rocket": ("wrong type",),
    }.items():
        pool = [
            d
            for d in drafts
            if d.venue == venue
            and d.label == "ordinary"
            and d.repost_of is None
            and d.reply_to is None
            and id(d) not in referred
        ]
        for draft, damage in zip(rng.sample(pool, len(damages)), damages, strict=True):
            draft.damage = damage


def _write_x(
    folder: Path, drafts: list[Draft], names: Names, start: datetime, end: datetime, handles: dict[str, str]
) -> list[FileCount]:
    links: dict[str, str] = {}
    query = f"({names.town_a.en} OR {names.town_b.en} OR {names.town_c.en} OR #{names.campaign_tags.en})".replace(
        " ", "%20"
    ).replace("#", "%23")
    v2, split = [d for d in drafts if d.venue == "x"], start + timedelta(days=_X_SPLIT_DAY)
    first, second = [d for d in v2 if d.at < split], [d for d in v2 if d.at >= split]
    again = [d for d in first if not d.damage][-6:]
    damaged = [sum(bool(d.damage) for d in part) for part in (first, second)]
    raw = "".join(
        f"{line}\n" for line in exports.v2_lines(first, query, split + timedelta(hours=2), handles, links)
    ).encode()
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as out:
        out.write(raw)
    (folder / X1).write_bytes(packed.getvalue())
    _write(
        folder / X2,
        "".join(
            f"{line}\n" for line in exports.v2_lines([*again, *second], query, end + timedelta(hours=2), handles, links)
        ),
    )
    v11 = [d for d in drafts if d.venue == "x1" and not d.damage]
    lines = [json.dumps(exports.v1_post(d, links, handles), ensure_ascii=False) for d in v11]
    cut = json.dumps(exports.v1_post(next(d for d in drafts if d.damage == "cut"), links, handles), ensure_ascii=False)
    lines.insert(50, lines[44])
    lines.insert(90, lines[81])
    _write(folder / X11, "".join(f"{line}\n" for line in lines) + cut[: len(cut) * 2 // 3])
    return [
        FileCount(X1, "twitter", "twitter-v2", len(first), 0, damaged[0]),
        FileCount(X2, "twitter", "twitter-v2", len(second) + len(again), len(again), damaged[1]),
        FileCount(X11, "twitter", "twitter-v1", len(lines) + 1, 2, 1),
    ]


def _write_telegram(
    folder: Path, drafts: list[Draft], names: Names, start: datetime, campaign: bool
) -> list[FileCount]:
    files = []
    if campaign:
        posts = [d for d in drafts if d.venue == "channel"]
        messages = [
            exports_chat.telegram_service(100, posts[0].at - timedelta(days=1), "create_channel", posts[0].account)
        ]
        messages += [exports_chat.telegram_message(d, d.number) for d in posts]
        title = f"Voice {names.movement_of.en}"
        _write(folder / CHANNEL, exports_chat.telegram_export(title, "public_channel", CHANNEL_ID, messages))
        files.append(FileCount(CHANNEL, "telegram", "telegram-desktop", len(posts), not_posts=1))
    square, split = [d for d in drafts if d.venue == "square"], start + timedelta(days=_SQUARE_SPLIT_DAY)
    first, second = [d for d in square if d.at < split], [d for d in square if d.at >= split]
    again = [d for d in first if not d.damage][-12:]
    edited = next(d for d in again if d.label == "ordinary" and d.group == "daily")
    edited.edited_text = f"{edited.text} (edit: thank you all)" if edited.lang == "en" else f"{edited.text} 🙂🙂"
    one = [exports_chat.telegram_service(100, first[0].at - timedelta(days=1), "create_group", first[0].account)]
    one += [exports_chat.telegram_message(d, d.number) for d in first]
    two = [exports_chat.telegram_message(d, d.number, edited=d is edited) for d in again]
    two.append(exports_chat.telegram_service(again[-1].number + 5000, split, "pin_message", first[0].account))
    two += [exports_chat.telegram_message(d, d.number) for d in second]
    title = f"{names.town_a.en} village square"
    _write(folder / SQUARE1, exports_chat.telegram_export(title, "public_supergroup", SQUARE_ID, one))
    _write(folder / SQUARE2, exports_chat.telegram_export(title, "public_supergroup", SQUARE_ID, two))
    damaged = [sum(bool(d.damage) for d in part) for part in (first, second)]
    files.append(FileCount(SQUARE1, "telegram", "telegram-desktop", len(first), 0, damaged[0], not_posts=1))
    files.append(
        FileCount(
            SQUARE2,
            "telegram",
            "telegram-desktop",
            len(second) + len(again),
            len(again) - 1,
            damaged[1],
            1,
            not_posts=1,
        )
    )
    return files


def _write_tables(rng: random.Random, folder: Path, drafts: list[Draft]) -> list[FileCount]:
    rocket, board = [d for d in drafts if d.venue == "rocket"], [d for d in drafts if d.venue == "board"]
    _write(folder / ROCKET, exports_chat.rocket_export(rng, rocket, random_id(rng)))
    _write(folder / BOARD, exports_chat.board_table([*board, board[120]]))
    return [
        FileCount(
            ROCKET, "rocketchat", "rocketchat-history", len(rocket), 0, sum(bool(d.damage) for d in rocket), not_posts=2
        ),
        FileCount(BOARD, "table", "table", len(board) + 1, 1),
    ]


def _events(efforts: list[Planted], names: Names, start: datetime) -> list[tuple[datetime, str]]:
    """The trigger of every effort, the campaign's event even without a campaign, and two that trigger nothing."""
    rows = {(planted.event_at, planted.event_title) for planted in efforts}
    rows.add((step_of(names, start, "campaign")[0], names.event_title))
    rows.add((start + timedelta(days=9, hours=10), f"Spring fair announced in {names.town_c.en}"))
    rows.add((start + timedelta(days=35, hours=16), f"New bus timetable in {names.town_a.en}"))
    return sorted(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write one invented cast of sample exports.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--names", choices=sorted(BY_KEY), default="lantern")
    parser.add_argument("--no-campaign", action="store_true")
    parser.add_argument("--wording", choices=("first", "second"), help="of the campaign (default: that of the names)")
    options = parser.parse_args()
    names = BY_KEY[options.names]
    if options.wording:
        names = replace(names, wording=options.wording)
    told = generate(options.seed, names, STARTS[names.key], options.out, not options.no_campaign)
    sys.stdout.write(f"{told['total']['stored']} posts in {len(told['files'])} files\n")


if __name__ == "__main__":
    main()
