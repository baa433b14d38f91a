"""Paths of a root."""

from pathlib import Path

import pytest

from belvedere.core.errors import NameRefused, NotFound
from belvedere.runlog.layout import projects, run_folder, runs, writer_id


def test_writers_come_in_the_order_they_started(tmp_path: Path):
    folder = run_folder(tmp_path, "p", "r")
    for name in (writer_id(0, 20, "aa"), writer_id(1, 10, "bb"), writer_id(0, 10, "cc"), "stray"):
        folder.writer(name).mkdir(parents=True)
    assert folder.writers() == ["r0-10-cc", "r1-10-bb", "r0-20-aa"]


def test_only_folders_with_a_log_are_runs(tmp_path: Path):
    run_folder(tmp_path, "p", "one").logs.mkdir(parents=True)
    (tmp_path / "p" / "notes").mkdir()
    (tmp_path / "p" / "readme.txt").write_text("x")
    (tmp_path / ".belvedere").mkdir()
    assert [(folder.project, folder.run_id) for folder in runs(tmp_path)] == [("p", "one")]
    assert projects(tmp_path) == ["p"]


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "x" * 129, "a\0b", "end."])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str):
    with pytest.raises(NameRefused, match="cannot be a folder name"):
        run_folder(tmp_path, "p", name)


def test_a_missing_root_says_what_to_pass(tmp_path: Path):
    with pytest.raises(NotFound, match="BELVEDERE_DIR"):
        projects(tmp_path / "nowhere")
