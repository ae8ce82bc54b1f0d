"""The search index over folded texts: derived from the posts table, never the truth, caught up or rebuilt at need.

`index/state.json` says how many leaves of the log the index covers. It is written after the index itself is durable, so
after a crash the index may hold more than the state says, never less; the surplus is dropped before going on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import tantivy

from tocsin.archive.durable import Disk
from tocsin.archive.lock import DeskLock
from tocsin.archive.search_query import AllOf, AnyOf, Not, Query, Term, read_query
from tocsin.archive.tables import Snapshot, snapshot
from tocsin.records.errors import TocsinError, TocsinInputError

INDEX_VERSION = 1
_COLUMNS = ["leaf_index", "posted_at", "folded", "tags", "domains", "lang", "source", "kind"]
_LONGEST_WORD = 200
_HEAP_BYTES = 64_000_000
_RAW_FIELDS = ("tag", "domain", "lang", "source", "kind")
_BATCH_ROWS = 4096


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("leaf_index", stored=False, indexed=True, fast=True)
    builder.add_integer_field("posted_at", stored=False, indexed=False, fast=True)  # microseconds since 1970 UTC
    builder.add_text_field("text", stored=False, tokenizer_name="folded", index_option="position")
    for name in _RAW_FIELDS:
        builder.add_text_field(name, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _analyzer() -> Any:
    # Letters and digits only. Marks outside letters (a virama) part a word in two; a query is parted the same way
    # and its parts searched as a phrase, so every script is found by the word as written.
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.remove_long(_LONGEST_WORD)).build()


class IndexWriter:
    """Adds posts to the index of a desk; only the process that holds the desk's writer may have one.

    Opening it catches up with the tables (an import that crashed before its index was written). As a context
    manager it makes what was added searchable at the end, also after an error.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._staging = folder / "index", folder / "staging"
        self._folder.mkdir(exist_ok=True)
        self._lock = DeskLock(self._folder)
        try:
            here, covered = snapshot(folder), _covered(self._folder)
            self._index, self._covered = self._opened_or_new(covered)
            with _told():
                self._writer = self._index.writer(_HEAP_BYTES, 1)
                if self._covered < here.log_size:
                    self._catch_up(here)
            self._covered = here.log_size
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.commit()
            with _told():
                self._writer.wait_merging_threads()
        except TocsinError:
            if error is None:  # what went wrong before is what the user must hear of; the next writer catches up
                raise
        finally:
            self._lock.release()

    def add(self, rows: pa.Table) -> None:
        """Add stored posts (the `rows` of a commit: schema POSTS, or the columns of it that are searched)."""
        with _told():
            for batch in rows.select(_COLUMNS).to_batches(_BATCH_ROWS):
                for document in _documents(batch):
                    self._writer.add_json(document)
        if rows.num_rows:
            self._covered = max(self._covered, pc.max(rows["leaf_index"]).as_py() + 1)

    def commit(self) -> None:
        """Make what was added searchable."""
        state = {"version": INDEX_VERSION, "log_size": self._covered}
        with _told():
            self._writer.commit()
        disk = Disk(self._staging)
        try:
            disk.note_folder(self._folder)  # the engine fsyncs its files, and not the last of their names
            disk.settle()
            disk.publish(self._folder / "state.json", json.dumps(state).encode())
        finally:
            disk.close()

    def _opened_or_new(self, covered: int | None) -> tuple[Any, int]:
        if covered is not None:
            try:
                return _opened(self._folder), covered
            except (ValueError, OSError):
                pass  # damaged: it is derived, so begin anew
        for path in self._folder.iterdir():
            if path.name != "lock" and not path.is_dir():
                path.unlink()
        with _told():
            index = tantivy.Index(_schema(), str(self._folder))
        index.register_tokenizer("folded", _analyzer())
        return index, 0

    def _catch_up(self, here: Snapshot) -> None:
        covered = self._covered
        surplus = tantivy.Query.range_query(self._index.schema, "leaf_index", tantivy.FieldType.Unsigned, covered, None)
        self._writer.delete_documents_by_query(surplus)
        for batch in here.batches("posts", _COLUMNS):
            rows = pa.Table.from_batches([batch])
            self.add(rows.filter(pc.greater_equal(rows["leaf_index"], covered)) if covered else rows)


@contextmanager
def _told() -> Iterator[None]:
    """Turns what the engine raises (a ValueError naming files of its own) into an error that says what to do."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise TocsinError(
            "the search index could not be written",
            next_step="free space or repair the disk, then run tocsin collect again; what was stored is not affected",
        ) from error


def rebuild_index(folder: Path) -> None:
    """Make the index anew from the posts table."""
    (folder / "index" / "state.json").unlink(missing_ok=True)
    with IndexWriter(folder):
        pass


def not_searchable(folder: Path) -> int:
    """How many stored posts the index does not cover yet: an import goes on, or was cut off before its end."""
    covered, here = _covered(folder / "index"), snapshot(folder)
    if covered is not None and covered >= here.log_size:
        return 0
    missing = 0
    for batch in here.batches("posts", ["leaf_index"], 1 << 18):
        missing += int(pc.sum(pc.greater_equal(batch["leaf_index"], covered or 0)).as_py() or 0)
    return missing


def search_index(folder: Path, query: str, *, fold: Callable[[str], str], limit: int = 20) -> list[int]:
    """Leaf indexes of the posts that match, best first.

    Words are looked up under the folding key `fold`; "phrases" keep their order; field:value looks in tag, domain,
    lang, source or kind; AND is meant where nothing stands; OR, NOT or -, brackets and word* work.
    Raises TocsinInputError for a query that cannot be read.
    """
    tree = read_query(query)
    if limit < 1:
        raise TocsinInputError("nothing to show", expected="a limit of at least 1")
    try:
        index = _opened(folder / "index")
    except (ValueError, OSError) as error:
        if snapshot(folder).rows("posts") == 0:
            return []
        raise TocsinError("the search index is missing or damaged", next_step="run tocsin collect again") from error
    searcher = index.searcher()
    hits = searcher.search(_engine_query(tree, index.schema, fold), limit, count=False).hits
    return [int(leaf) for leaf in searcher.fast_field_values("leaf_index", [address for _, address in hits])]


def _engine_query(query: Query, schema: Any, fold: Callable[[str], str]) -> Any:
    match query:
        case Term():
            return _term_query(query, schema, fold)
        case Not(inner):
            occurs = [(tantivy.Occur.Must, tantivy.Query.all_query())]
            return tantivy.Query.boolean_query([*occurs, (tantivy.Occur.MustNot, _engine_query(inner, schema, fold))])
        case AllOf(parts):
            return tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.MustNot, _engine_query(part.inner, schema, fold))
                    if isinstance(part, Not)
                    else (tantivy.Occur.Must, _engine_query(part, schema, fold))
                    for part in parts
                ]
            )
        case AnyOf(parts):
            return tantivy.Query.boolean_query(
                [(tantivy.Occur.Should, _engine_query(part, schema, fold)) for part in parts]
            )


def _term_query(term: Term, schema: Any, fold: Callable[[str], str]) -> Any:
    if term.field in _RAW_FIELDS:
        value = fold(term.text).strip().removeprefix("#").strip() if term.field == "tag" else term.text.casefold()
        return tantivy.Query.term_query(schema, term.field, value)
    words = _analyzer().analyze(fold(term.text))
    if not words:
        raise TocsinInputError("a part of the query has no letter or digit to look for")
    if term.prefix:
        return tantivy.Query.phrase_prefix_query(schema, "text", words)
    if len(words) == 1:
        return tantivy.Query.term_query(schema, "text", words[0])
    return tantivy.Query.phrase_query(schema, "text", words)


def _documents(batch: pa.RecordBatch) -> Iterator[str]:
    columns = [batch[name].to_pylist() for name in _COLUMNS if name != "posted_at"]
    posted = batch["posted_at"].cast(pa.int64()).to_pylist()
    for leaf, text, tags, domains, lang, source, kind, at in zip(*columns, posted, strict=True):
        document = {
            "leaf_index": leaf, "text": text, "tag": tags, "domain": domains, "lang": lang, "source": source,
            "kind": kind,
        }  # fmt: skip
        if at is not None:
            document["posted_at"] = at
        yield orjson.dumps(document).decode()


def _opened(folder: Path) -> Any:
    if not tantivy.Index.exists(str(folder)):
        raise ValueError("no index")
    index = tantivy.Index.open(str(folder))
    index.register_tokenizer("folded", _analyzer())
    return index


def _covered(folder: Path) -> int | None:
    try:
        state = json.loads((folder / "state.json").read_bytes())
        return int(state["log_size"]) if state["version"] == INDEX_VERSION else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
