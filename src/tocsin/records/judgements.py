"""The labels a person may give a post. They are about what the post says, never about who wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "supports": "the post takes the side of the group, act or aim that it speaks of",
        "opposes": "it condemns it, argues against it or makes fun of it",
        "reports": "it tells of it, as news, research or quotation do, and takes no side",
        "calls": "it calls on others to join, travel, give or act",
        "unrelated": "it speaks of something else",
        "unsure": "whoever judged could not tell: always a possible answer",
    }
)
