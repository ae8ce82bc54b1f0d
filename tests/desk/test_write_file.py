"""Files a user asked for: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.desk.write_file import check_writable, write_whole
from tocsin.records.errors import TocsinInputError


def test_a_file_is_replaced_whole_and_no_part_is_left(tmp_path):
    file = tmp_path / "out.csv"
    write_whole(file, b"one")
    write_whole(file, b"two")
    assert file.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_where_nothing_can_be_written_it_is_your_input(tmp_path):
    (tmp_path / "file").write_text("x")
    for bad in (tmp_path, tmp_path / "none" / "out.csv", tmp_path / "file" / "out.csv"):
        with pytest.raises(TocsinInputError, match="cannot be written") as caught:
            write_whole(bad, b"x")
        assert caught.value.exit_code == 2
        with pytest.raises(TocsinInputError):
            check_writable(bad)


def test_a_folder_that_takes_no_files_is_your_input_too():
    with pytest.raises(TocsinInputError, match="cannot be written"):
        write_whole(Path("/proc/out.csv"), b"x")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
