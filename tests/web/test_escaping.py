from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from web.conftest import client_of
from web.invented_desk import desk

PAGES = ("/", "/campaigns/lantern-1", "/reports", "/certificates")
_RUN = "document.documentElement.dataset.ran=1"
_MARKUP = (
    *(f"<script>{_RUN}</script>", f"<ScRiPt >{_RUN}</sCrIpT>", f"<img src=x onerror={_RUN}>", f"<svg onload={_RUN}>"),
    *(f"<svg><script>{_RUN}</script></svg>", f"<body onload={_RUN}>", f"<details open ontoggle={_RUN}>x</details>"),
    *(
        f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
        "<iframe src=javascript:alert(1)>",
        "<base href=//x.invalid>",
    ),
    *(
        "<meta http-equiv=refresh content='0;url=//x.invalid'>",
        "<link rel=stylesheet href=//x.invalid/a.css>",
        "<plaintext>",
    ),
    *(
        "<form action=//x.invalid><button>x",
        "<object data=//x.invalid>",
        "<embed src=//x.invalid>",
        "<style>*{color:red}</style>",
    ),
    *(
        "<style>@import '//x.invalid'</style>",
        "<math><mtext><img src=x>",
        "<template><p>",
        "<noscript><p title='</noscript><b>'>",
    ),
    *(
        f"<a href=javascript:{_RUN}>x</a>",
        f"<input autofocus onfocus={_RUN}>",
        f"<video><source onerror={_RUN}>",
        "<table><tr><td>",
    ),
    *(
        f"<marquee onstart={_RUN}>",
        f"<select autofocus onfocus={_RUN}>",
        f"<audio src=x onerror={_RUN}>",
        "<frameset>",
        "<xmp>",
    ),
    *(
        "<!--",
        "-->",
        "<!-- --><b>x</b>",
        "<![CDATA[<b>x</b>]]>",
        "<?php x ?>",
        "<!doctype x>",
        "<%= 1 %>",
        "<b",
        "<",
        ">",
        "</",
    ),
)
_CLOSERS = (
    "",
    "</title>",
    "</bdi></p></div>",
    '">',
    "'>",
    "</blockquote></figure>",
    "</style>",
    "</script>",
    "</textarea>",
    "--></a>",
)
_INJECTED = (
    f"<script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    "<b>x</b>",
    f'" onmouseover="{_RUN}',
    f"' autofocus onfocus='{_RUN}",
)
_OTHER = (
    *(
        "{{ info }}",
        "{% debug %}",
        "{{ 7|add:7 }}",
        "{% include 'base.html' %}",
        "{# x #}",
        "${7*7}",
        "#{7*7}",
        "&lt;script&gt;",
    ),
    *(
        "&#60;b&#62;x",
        "&#x3c;b>",
        "%3Cscript%3E",
        "\\u003cscript\\u003e",
        "\x00<b>x</b>",
        "<\x00b>x",
        "\ufeff<b>x</b>",
        "\u202e<b>x</b>",
    ),
    *(
        "\u2028<b>x",
        "\uff1cscript\uff1e",
        "\u02c2b\u02c3",
        "+ADw-script+AD4-",
        "javascript:alert(1)",
        "data:text/html,<b>x",
        "a\r\nSet-Cookie: x=1",
    ),
    *(
        "\ud83c\udf0d<b>".encode("utf-16", "surrogatepass").decode("utf-16"),
        "<a\u200bhref=x>",
        "\U000e0041<b>x",
        "'\"`=<>&;",
        "\\",
        "a" * 5000 + "<b>",
    ),
)
PAYLOADS = tuple(
    dict.fromkeys((*_MARKUP, *(closer + injected for closer in _CLOSERS for injected in _INJECTED), *_OTHER))
)


class Shape(HTMLParser):
    """The elements of a page with the names of their attributes, and its addresses; texts and badges left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: set[str] = set()
        self.remarks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or (tag == "span" and ("class", "code") in attrs):
            return
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src", "action", "srcdoc", "data")}

    def handle_comment(self, data: str) -> None:
        self.remarks.append(data)

    def handle_decl(self, decl: str) -> None:
        self.remarks.append(decl)


def shape(client: Any, path: str) -> Shape:
    answer = client.get(path)
    assert answer.status_code == 200
    seen = Shape()
    seen.feed(answer.content.decode("utf-8"))
    seen.close()
    return seen


@pytest.fixture(scope="module")
def bland() -> dict[str, Shape]:
    client = client_of(desk("grey"))
    return {path: shape(client, path) for path in PAGES}


def test_there_are_enough_payloads() -> None:
    assert len(PAYLOADS) >= 110


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_adds_no_element_no_attribute_and_no_address(payload: str, bland: dict[str, Shape]) -> None:
    client = client_of(desk(payload))
    for path in PAGES:
        seen = shape(client, path)
        assert seen.elements == bland[path].elements
        assert seen.addresses == bland[path].addresses
        assert seen.remarks == ["doctype html"]


def test_hostile_text_stands_on_every_page(bland: dict[str, Shape]) -> None:
    """Else the test above would pass because nothing was shown."""
    client: Any = client_of(desk("<b>x</b>"))
    counts = {path: client.get(path).content.decode().count("&lt;b&gt;x&lt;/b&gt;") for path in PAGES}
    assert counts["/"] >= 12
    assert counts["/campaigns/lantern-1"] >= 25
    assert counts["/reports"] >= 5
    assert counts["/certificates"] >= 16


@pytest.mark.parametrize(
    "char", ["\u202e", "\u2066", "\u2069", "\u200b", "\u2060", "\ufeff", "\U000e0041", "\x08", "\x9f"]
)
def test_deceptive_characters_are_shown_as_badges_on_every_page(char: str) -> None:
    client: Any = client_of(desk(f"Vel{char}mora"))
    for path in PAGES:
        text = client.get(path).content.decode()
        assert f'Vel<span class="code">U+{ord(char):04X}</span>mora' in text
        assert char not in text


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "فيلمورا\u200f", "שלום", "ወደ ቬልሞራ", "👩\u200d👩", "\u061cا", "مَدِينَة"]
)
def test_ordinary_writing_is_unharmed(text: str) -> None:
    client: Any = client_of(desk(text))
    for path in PAGES:
        assert text in client.get(path).content.decode()
