"""Drafts as Telegram Desktop, Rocket.Chat and CSV exports, and a tiny private chat that must be refused."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from datetime import datetime, timedelta
from typing import Any

from cast.people import Account, Draft, random_id

_PIECE = re.compile(
    r"(https?://\S+|(?<![\w#])#\w[\w\u064b-\u0652\u0640]*|(?<![\w@])@\w+|\b[\w.-]+@[\w.-]+\.invalid|\+999[ \d]+\d)"
)


def _pieces(text: str) -> list[Any]:
    """A message's text as Telegram writes it: plain strings and typed pieces."""
    pieces: list[Any] = []
    for part in _PIECE.split(text):
        if not part:
            continue
        kind = (
            "link" if part.startswith("http") else "hashtag" if part.startswith("#") else "mention" if part.startswith("@")
            else "phone" if part.startswith("+999") else "email" if part.endswith(".invalid") and "@" in part else ""
        )  # fmt: skip
        pieces.append({"type": kind, "text": part} if kind else part)
    return pieces


def telegram_message(draft: Draft, number: int, edited: bool = False) -> dict[str, Any]:
    """One message of a Telegram Desktop export."""
    pieces = _pieces(draft.edited_text if edited else draft.text)
    message: dict[str, Any] = {
        "id": number,
        "type": "message",
        "date": draft.at.strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(draft.at.timestamp())),
    }
    if edited:
        at = draft.at + timedelta(minutes=7)
        message |= {"edited": at.strftime("%Y-%m-%dT%H:%M:%S"), "edited_unixtime": str(int(at.timestamp()))}
    message |= {"from": draft.account.name, "from_id": draft.account.platform_id}
    if draft.venue == "channel":
        message |= {"author": "desk"}
    if draft.reply_to is not None and draft.reply_to.venue == draft.venue:
        message["reply_to_message_id"] = draft.reply_to.number
    message["text"] = pieces[0] if len(pieces) == 1 and isinstance(pieces[0], str) else pieces
    message["text_entities"] = [
        piece if isinstance(piece, dict) else {"type": "plain", "text": piece} for piece in pieces
    ]
    if draft.damage == "wrong type":
        message["text"] = message["text_entities"] = 17
    elif draft.damage == "no id":
        del message["id"]
    return message


def telegram_service(number: int, at: datetime, action: str, actor: Account) -> dict[str, Any]:
    """One service line, which is no post."""
    return {
        "id": number, "type": "service", "date": at.strftime("%Y-%m-%dT%H:%M:%S"), "date_unixtime": str(int(at.timestamp())),
        "actor": actor.name, "actor_id": actor.platform_id, "action": action, "text": "", "text_entities": [],
    }  # fmt: skip


def telegram_export(name: str, kind: str, chat_id: int, messages: list[dict[str, Any]]) -> str:
    """A result.json of one chat."""
    return (
        json.dumps({"name": name, "type": kind, "id": chat_id, "messages": messages}, ensure_ascii=False, indent=1)
        + "\n"
    )


def rocket_message(draft: Draft, room: str) -> dict[str, Any]:
    """One message of a Rocket.Chat channel history."""
    stamp = draft.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{draft.number % 1000:03d}Z"
    message: dict[str, Any] = {
        "_id": draft.platform_id, "rid": room, "msg": draft.text, "ts": stamp,
        "u": {"_id": draft.account.platform_id, "username": draft.account.handle, "name": draft.account.name},
        "unread": True, "mentions": [], "channels": [], "_updatedAt": stamp,
    }  # fmt: skip
    if draft.reply_to is not None and draft.reply_to.venue == "rocket":
        message["tmid"] = draft.reply_to.platform_id
    if draft.damage == "wrong type":
        message["msg"] = {"unexpected": 1}
    return message


def rocket_export(rng: random.Random, drafts: list[Draft], room: str) -> str:
    """The history of one public room, newest first, with two lines of the system."""
    messages = [rocket_message(draft, room) for draft in sorted(drafts, key=lambda d: d.at, reverse=True)]
    for place in (40, 160):
        joined = dict(messages[place])
        joined |= {"_id": random_id(rng), "t": "uj", "msg": joined["u"]["username"]}
        joined.pop("tmid", None)
        messages.insert(place, joined)
    return json.dumps({"messages": messages, "success": True}, ensure_ascii=False, indent=1) + "\n"


def board_table(drafts: list[Draft]) -> str:
    """A plain CSV of a notice board; times name no zone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("id", "author", "created_at", "text", "in_reply_to"))
    for draft in sorted(drafts, key=lambda d: d.at):
        parent = draft.reply_to.platform_id if draft.reply_to is not None and draft.reply_to.venue == "board" else ""
        writer.writerow(
            (draft.platform_id, draft.account.handle, draft.at.strftime("%Y-%m-%d %H:%M:%S"), draft.text, parent)
        )
    return out.getvalue()


def private_chat(start: datetime) -> str:
    """Six lines of an invented private chat, to show that private sources are refused until a reason is given."""
    lines = (
        "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them.",
        "Nell: Are you bringing the bread tonight?", "Bram: yes, and the plum jam", "Nell: Good. The door is open.",
        "Bram: the dog is coming too", "Nell: Of course he is 🙂",
    )  # fmt: skip
    stamped = (
        (start + timedelta(days=20 + number // 3, hours=17, minutes=3 * number), line)
        for number, line in enumerate(lines)
    )
    return "".join(f"{at:%d/%m/%Y, %H:%M} - {line}\n" for at, line in stamped)
