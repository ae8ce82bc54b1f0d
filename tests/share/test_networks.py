from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import networkx as nx
import pyarrow as pa
import pytest

from share.invented_findings import ACCOUNTS, KEY, OTHER_KEY, edges, group
from tocsin.records.errors import RefusedError, TocsinInputError
from tocsin.share import ExportPseudonyms, edges_gexf, edges_graphml, export_pseudonyms

HOSTILE = (
    *(
        "<script>alert(1)</script>",
        '"><node id="x"/>',
        "]]>",
        "<![CDATA[x]]>",
        "&lol;",
        "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    ),
    *(
        "\x00\x01\x08\x0b\x0c\x0e\x1f\x7f\x80\x9f",
        "\ufffe\uffff\ufdd0",
        "\ud800 lone",
        "\udfff",
        "\U0001ffff",
        "\u2028\u2029",
    ),
    *("\u202e\u2066", "a\r\nb\tc", "القنديل", "ፋኖስ", "\U0001f3ee", "<?xml version='1.0'?>", "--><!--", "'\"&<>"),
)
READERS = {edges_graphml: nx.read_graphml, edges_gexf: nx.read_gexf}


def opened(write: object, *args: object, **options: object) -> nx.Graph:
    return READERS[write](io.BytesIO(write(*args, **options)))  # type: ignore[operator,index]


@pytest.mark.parametrize("write", READERS)
def test_the_network_opens_with_the_same_edges_weights_and_groups(write: object) -> None:
    graph = opened(write, edges(), [group()], KEY)
    a, b, c, d, e = export_pseudonyms(ACCOUNTS[:5], KEY)
    weights = {frozenset(pair): graph.edges[pair]["weight"] for pair in graph.edges}
    assert {pair: int(weight) for pair, weight in weights.items()} == {
        frozenset((a, b)): 7,
        frozenset((b, c)): 5,
        frozenset((a, c)): 4,
        frozenset((d, e)): 3,
    }
    assert {data["group"] for _, data in graph.nodes(data=True)} == {ExportPseudonyms(KEY).group("g-lantern")}


@pytest.mark.parametrize("write", READERS)
def test_no_desk_pseudonym_leaves_and_two_exports_share_no_node(write: object) -> None:
    first, second = (write(edges(), [group()], key) for key in (KEY, OTHER_KEY))  # type: ignore[operator]
    assert not any(account.encode() in first for account in ACCOUNTS)
    assert b"g-lantern" not in first
    words = [set(re.findall(rb"x[ag][a-z2-7]{26}", data)) for data in (first, second)]
    assert len(words[0]) == 6
    assert not words[0] & words[1]


@pytest.mark.parametrize("write", READERS)
def test_equal_input_gives_equal_bytes_and_no_date(write: object) -> None:
    turned = edges().take([3, 1, 0, 2])
    data = write(edges(), [group()], KEY)  # type: ignore[operator]
    assert data == write(turned, [group()], KEY)  # type: ignore[operator]
    assert b"lastmodified" not in data


@pytest.mark.parametrize("write", READERS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_strings_stay_text(write: object, hostile: str) -> None:
    data = edges().drop_columns(["layers"])
    try:
        column = pa.array([[hostile, hostile]] * 4)
    except UnicodeEncodeError:  # Arrow refuses lone surrogates before they come here
        column = pa.array([[hostile.encode("utf-8", "replace").decode()]] * 4)
    made = write(data.append_column("objects", column), [group()], KEY)  # type: ignore[operator]
    tags = [element.tag.rpartition("}")[2] for element in ET.fromstring(made).iter()]
    plain = write(data.append_column("objects", pa.array([["x"]] * 4)), [group()], KEY)  # type: ignore[operator]
    assert tags == [element.tag.rpartition("}")[2] for element in ET.fromstring(plain).iter()]
    assert READERS[write](io.BytesIO(made)).number_of_nodes() == 5  # type: ignore[index]


@pytest.mark.parametrize("write", READERS)
def test_ordinary_text_of_any_script_comes_back(write: object) -> None:
    table = edges().append_column("objects", pa.array([["طريق فيلمورا", "ፋኖስ"]] * 4))
    graph = opened(write, table, [group()], KEY)
    assert {data["objects"] for *_, data in graph.edges(data=True)} == {"طريق فيلمورا; ፋኖስ"}


def test_names_that_gexf_reserves_are_kept_under_another_name() -> None:
    table = edges().append_column("start", pa.array(["2015-05-03"] * 4))
    graph = opened(edges_gexf, table, [group()], KEY, also=["start"])
    assert {data["column_start"] for *_, data in graph.edges(data=True)} == {"2015-05-03"}


@pytest.mark.parametrize("write", READERS)
def test_accounts_outside_the_groups_do_not_leave(write: object) -> None:
    with pytest.raises(RefusedError, match="2 accounts"):
        write(edges(((0, 1, 2), (5, 6, 2))), [group()], KEY)  # type: ignore[operator]


@pytest.mark.parametrize("write", READERS)
@pytest.mark.parametrize("column", ["handle", "display_name", "platform_id", "text"])
def test_names_do_not_leave_with_a_network(write: object, column: str) -> None:
    with pytest.raises(RefusedError):
        write(edges().append_column(column, pa.array(["x"] * 4)), [group()], KEY)  # type: ignore[operator]


@pytest.mark.parametrize("write", READERS)
def test_raw_handles_as_nodes_are_refused(write: object) -> None:
    raw = pa.table({"account_a": ["@one"], "account_b": ["@two"], "weight": [2]})
    with pytest.raises(RefusedError):
        write(raw, [group(accounts=("@one", "@two"))], KEY)  # type: ignore[operator]


def test_edges_without_a_weight_say_what_is_missing() -> None:
    with pytest.raises(TocsinInputError, match="weight"):
        edges_graphml(edges().drop_columns(["weight"]), [group()], KEY)


@pytest.mark.parametrize("write", READERS)
def test_no_edges_give_an_empty_network(write: object) -> None:
    assert opened(write, edges(()), [], KEY).number_of_nodes() == 0
