from __future__ import annotations

from assess.corpus import CALL, account, row, table
from tocsin.assess import behaviour_roles


def test_roles_follow_what_accounts_do() -> None:
    rows = [row(0, "writer", CALL)]
    rows += [row(1 + n, f"echo{n}", CALL, kind="repost", repost_of_id="p0") for n in range(3)]
    rows += [row(10 + n, "loud", f"{CALL} Day {n}.") for n in range(6)]
    rows += [row(20, "quiet", f"{CALL} Once."), row(21, "answerer", f"{CALL} You too.", kind="reply")]
    roles = behaviour_roles(table(rows), {item["leaf_index"] for item in rows})
    assert roles.by_account[account("writer")] == "originator"
    assert roles.by_account[account("echo1")] == "amplifier"
    assert roles.by_account[account("loud")] == "broadcaster"
    assert roles.by_account[account("quiet")] == "participant"
    assert roles.by_account[account("answerer")] == "responder"
    assert roles.counts == {"amplifier": 3, "broadcaster": 1, "originator": 1, "participant": 1, "responder": 1}


def test_accounts_that_do_not_call_have_no_role() -> None:
    rows = [row(0, "caller", CALL), row(1, "reporter", "Police say the Grey Lantern recruits.")]
    roles = behaviour_roles(table(rows), {0})
    assert set(roles.by_account) == {account("caller")}


def test_copying_the_same_words_later_is_amplifying() -> None:
    rows = [row(0, "writer", CALL), row(5, "copier", CALL)]
    roles = behaviour_roles(table(rows), {0, 5})
    assert roles.by_account == {account("writer"): "originator", account("copier"): "amplifier"}


def test_no_calls_give_no_roles() -> None:
    assert behaviour_roles(table([row(0, "a", "x")]), set()).counts == {}
