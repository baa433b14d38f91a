"""Which folder of runs a path means."""

from pathlib import Path

import pytest

from belvedere.cli.where import local_root
from belvedere.runlog.layout import run_folder, writer_id


@pytest.mark.parametrize(("project", "run_id"), [("mnist", "first"), ("log", "first"), ("mnist", "log")])
def test_a_folder_of_runs_is_found_from_the_run_its_project_and_itself(
    tmp_path: Path, project: str, run_id: str
) -> None:
    folder = run_folder(tmp_path / "runs", project, run_id)
    folder.writer(writer_id(0, 1, "0123456789ab")).mkdir(parents=True)
    found = [local_root(str(path)) for path in (folder.path, folder.path.parent, folder.root)]
    assert found == [folder.root.resolve()] * 3
