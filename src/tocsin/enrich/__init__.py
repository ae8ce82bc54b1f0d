"""Adds columns to posts, never rows: language, folding key, tags, links, fingerprints."""

from __future__ import annotations

from tocsin.enrich.columns import FOLDER, enriched, text_columns
from tocsin.enrich.entities import text_mentions
from tocsin.enrich.fold import TableFolder
from tocsin.enrich.language import Languages, languages
from tocsin.enrich.links import CleanLink, clean_link

fold_keys = FOLDER.keys
tag_keys = FOLDER.tag_keys
tokens = FOLDER.tokens

__all__ = [
    "FOLDER",
    "CleanLink",
    "Languages",
    "TableFolder",
    "clean_link",
    "enriched",
    "fold_keys",
    "languages",
    "tag_keys",
    "text_columns",
    "text_mentions",
    "tokens",
]
