"""Ranks from the launcher's variables, and an id on which they agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from belvedere.core.entries import Logged, RunStarted
from belvedere.record.ranks import Place, find_place, lasting_run_id, shared_run_id
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import read_entries

TORCHRUN = {
    "RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "h",
    "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "none", "TORCHELASTIC_RESTART_COUNT": "0",
}  # fmt: skip
SLURM = {"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_LOCALID": "0", "SLURM_JOB_ID": "17", "SLURM_STEP_ID": "0"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Place()),
        (TORCHRUN, Place(1, 2, 1, "torchrun")),
        (SLURM, Place(3, 4, 0, "slurm")),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"}, Place(0, 2, 0, "openmpi")),
        ({"PMI_RANK": "1", "PMI_SIZE": "2"}, Place(1, 2, 0, "mpich")),
        ({"RANK": "0", "WORLD_SIZE": "1"}, Place()),
        ({"RANK": "x", "WORLD_SIZE": "2"}, Place()),
        ({"RANK": "5", "WORLD_SIZE": "2"}, Place()),
    ],
)
def test_the_place_of_a_process(environ: dict[str, str], expected: Place) -> None:
    assert find_place(environ) == expected


def torchrun_id(parent: str = "10 1.0", ordinal: int = 0, **changes: str) -> str | None:
    environ = {**TORCHRUN, **changes}
    return shared_run_id(find_place(environ), environ, parent=parent, ordinal=ordinal)


def test_all_ranks_of_a_launch_derive_one_id() -> None:
    ids = {torchrun_id(RANK=str(rank), LOCAL_RANK=str(rank)) for rank in range(2)}
    (found,) = ids
    assert found is not None
    assert len(found) == 8


def test_other_launches_restarts_and_runs_get_other_ids() -> None:
    ids = [
        torchrun_id(), torchrun_id(parent="11 1.0"), torchrun_id(TORCHELASTIC_RESTART_COUNT="1"),
        torchrun_id(MASTER_PORT="29501"), torchrun_id(ordinal=1),
    ]  # fmt: skip
    assert len(set(ids)) == len(ids)


def test_nodes_agree_though_their_agents_are_different_processes() -> None:
    assert torchrun_id("10 1.0", WORLD_SIZE="4") == torchrun_id("99 9.0", WORLD_SIZE="4", RANK="3")


def test_a_single_process_has_no_shared_id() -> None:
    assert shared_run_id(Place(), {}, parent="1") is None


def test_a_requeued_job_finds_its_run() -> None:
    first, again = {**SLURM, "SLURM_RESTART_COUNT": "0"}, {**SLURM, "SLURM_RESTART_COUNT": "1", "SLURM_STEP_ID": "4"}
    assert lasting_run_id(first) == lasting_run_id(again) != lasting_run_id({**SLURM, "SLURM_JOB_ID": "18"})
    assert lasting_run_id({}) is None


def test_two_ranks_write_one_run_without_talking(tmp_path: Path) -> None:
    code = f"""
import belvedere as bv
run = bv.init(project="p", dir={str(tmp_path)!r}, console=False, hardware=False)
run.log({{"rank": run.rank}})
"""
    processes = []
    for rank in "01":
        environ = {**os.environ, **TORCHRUN, "RANK": rank, "LOCAL_RANK": rank}
        processes.append(subprocess.Popen([sys.executable, "-c", code], env=environ))
    assert [process.wait(300) for process in processes] == [0, 0]
    (run_id,) = [path.name for path in (tmp_path / "p").iterdir()]
    folder = RunFolder(tmp_path, "p", run_id)
    found = [list(read_entries(folder.segment(writer, 1))) for writer in folder.writers()]
    started = sorted((entry.rank, entry.world_size) for log in found for entry in log if isinstance(entry, RunStarted))
    assert started == [(0, 2), (1, 2)]
    assert sorted(entry.values["rank"] for log in found for entry in log if isinstance(entry, Logged)) == [0, 1]  # type: ignore[type-var]
    assert len({entry.name for log in found for entry in log if isinstance(entry, RunStarted)}) == 1
