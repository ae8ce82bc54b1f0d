"""The wiring of the rooms, one verb a file: what the doors call, and what a notebook may call too."""

from tocsin.collect import ReadOptions
from tocsin.desk.accept_older import accept_older
from tocsin.desk.assess_file import assess_file
from tocsin.desk.backup import Copied, backup
from tocsin.desk.codebooks import codebooks
from tocsin.desk.collect import CollectResult, collect
from tocsin.desk.correct import correct
from tocsin.desk.custody import custody, custody_lines
from tocsin.desk.demo import demo, demo_summary
from tocsin.desk.detect import detect, detect_summary
from tocsin.desk.export import export
from tocsin.desk.find_in_files import bursts_of_file, clusters_of_file, coordination_of_file
from tocsin.desk.init import init
from tocsin.desk.judge import judge
from tocsin.desk.key_copies import LOSS, export_keys, import_keys, import_paper, keys_status, print_keys, status_lines
from tocsin.desk.listed import as_table, listed
from tocsin.desk.pages import desk_pages
from tocsin.desk.place import Desk, open_desk
from tocsin.desk.progress import Progress, Silent
from tocsin.desk.report import report, report_summary
from tocsin.desk.restore import Restored, restore
from tocsin.desk.rotate import hand_over, reopen, rotate
from tocsin.desk.search import search, search_note
from tocsin.desk.sources import sources
from tocsin.desk.verify import verify
from tocsin.desk.view import shown_bytes, view
from tocsin.desk.whole_job import whole_job

__all__ = [
    "LOSS",
    "CollectResult",
    "Copied",
    "Desk",
    "Progress",
    "ReadOptions",
    "Restored",
    "Silent",
    "accept_older",
    "as_table",
    "assess_file",
    "backup",
    "bursts_of_file",
    "clusters_of_file",
    "codebooks",
    "collect",
    "coordination_of_file",
    "correct",
    "custody",
    "custody_lines",
    "demo",
    "demo_summary",
    "desk_pages",
    "detect",
    "detect_summary",
    "export",
    "export_keys",
    "hand_over",
    "import_keys",
    "import_paper",
    "init",
    "judge",
    "keys_status",
    "listed",
    "open_desk",
    "print_keys",
    "reopen",
    "report",
    "report_summary",
    "restore",
    "rotate",
    "search",
    "search_note",
    "shown_bytes",
    "sources",
    "status_lines",
    "verify",
    "view",
    "whole_job",
]
