"""The words this house uses, one word a thing; `docs/glossary.md` is generated from here."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "account": "Who posted, as the platform sees it; shown as a pseudonym everywhere outside the table of names.",
    "audience": "Who could read a post where it was posted: public, limited or private.",
    "burst": "A stretch in which one tag, link, phrase or cluster was posted more than its baseline explains.",
    "campaign": "An effort that a codebook ties to calls for a group or act of violence.",
    "capture": "Bytes as collected, with where, when and how.",
    "checkpoint": "A signed statement of the log's size and root.",
    "cluster": "Posts whose folded text is nearly the same.",
    "codebook": "Declared concepts with terms in several languages, a stated violence criterion and public sources.",
    "coordinated group": "Accounts that posted the same objects within a window more often than the threshold.",
    "destination": "A place, at country level, that the posts of a campaign point to.",
    "dispatch": "A published report.",
    "effort": "Findings about the same thing, with its posts, before any judgement of content.",
    "finding": "A burst, trigger, coordinated group, near-duplicate cluster or destination shift.",
    "folding key": "The one search form of a text: case, width, spelling variants and marks folded away; never shown.",
    "gloss": "A short bracketed explanation of a term of art.",
    "handle": "The name an account is addressed by; lives in the table of names only.",
    "judgement": "An attributed human statement: role, stance, confidence.",
    "leaf": "One post version in the log: a salted commitment that confirms nothing by itself.",
    "narrative": "A cluster inside a campaign.",
    "post": "One message on one platform; the same platform id is the same post.",
    "quarantine": "Records that could not be read, with place and reason; their bytes are kept.",
    "source": "The kind of platform or table a capture came from.",
    "statement": "A fact about evidence, in the log.",
    "trend": "Any effort that is not a campaign: counts only, never its accounts.",
    "trigger": "A dated event that posting follows.",
    "version": "One content of a post; another content of the same post is another version, and both are kept.",
}
