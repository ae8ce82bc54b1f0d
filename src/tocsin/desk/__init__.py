"""The wiring of the rooms, one verb a file: what the doors call, and what a notebook may call too."""

from tocsin.collect import ReadOptions
from tocsin.desk.assess_file import assess_file
from tocsin.desk.codebooks import codebooks
from tocsin.desk.collect import CollectResult, collect
from tocsin.desk.demo import demo, demo_summary
from tocsin.desk.detect import detect, detect_summary
from tocsin.desk.export import export
from tocsin.desk.find_in_files import bursts_of_file, clusters_of_file, coordination_of_file
from tocsin.desk.init import init
from tocsin.desk.listed import as_table, listed
from tocsin.desk.pages import desk_pages
from tocsin.desk.place import Desk, open_desk
from tocsin.desk.progress import Progress, Silent
from tocsin.desk.report import report, report_summary
from tocsin.desk.search import search
from tocsin.desk.sources import sources
from tocsin.desk.verify import verify
from tocsin.desk.whole_job import whole_job

__all__ = [
    "CollectResult",
    "Desk",
    "Progress",
    "ReadOptions",
    "Silent",
    "as_table",
    "assess_file",
    "bursts_of_file",
    "clusters_of_file",
    "codebooks",
    "collect",
    "coordination_of_file",
    "demo",
    "demo_summary",
    "desk_pages",
    "detect",
    "detect_summary",
    "export",
    "init",
    "listed",
    "open_desk",
    "report",
    "report_summary",
    "search",
    "sources",
    "verify",
    "whole_job",
]
