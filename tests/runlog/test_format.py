"""The format page, the golden file and the stand-alone reader agree with the code."""

import json
import math
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from belvedere.core.entries import Entry, Logged, StageChanged, VectorLogged
from belvedere.runlog.reader import read_entries
from tests.runlog.logs import write_one_of_each

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
GOLDEN = HERE / "golden" / "version1.rlog"
READER = ROOT / "tools" / "read_rlog.py"


def as_json(entry: Entry) -> object:
    fields = {**asdict(entry), "kind": type(entry).__name__}
    if isinstance(entry, VectorLogged):
        fields["values"] = entry.values.tolist()
    return json.loads(json.dumps(fields))


def test_the_example_of_the_format_page_decodes_to_what_it_says(tmp_path: Path):
    page = (ROOT / "belvedere" / "runlog" / "FORMAT.md").read_text()
    match = re.search(r"```hex\n(.*?)```", page, re.DOTALL)
    assert match
    path = tmp_path / "000001.rlog"
    path.write_bytes(bytes.fromhex(match[1]))
    first, second, vector, stage = read_entries(path)
    start = 1_800_000_000.0
    assert first == Logged(step=0, time=start, values={"loss": 2.5, "epoch": 0})
    assert second == Logged(step=1, time=start + 0.04, values={"loss": 2.25, "epoch": 0})
    assert isinstance(vector, VectorLogged)
    assert (vector.step, vector.time, vector.family, vector.names) == (1, start + 0.05, "grad_norm", ("embed", "h.0"))
    np.testing.assert_array_equal(vector.values, np.array([0.5, 0.25], np.float32))
    assert stage == StageChanged(time=start + 1, step=2, name="sft")


def test_the_golden_file_of_version_1_reads_as_on_its_first_day():
    expected = json.loads(GOLDEN.with_suffix(".json").read_text())
    assert repr([as_json(entry) for entry in read_entries(GOLDEN)]) == repr(expected)


def read_alone(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-I", str(READER), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_stand_alone_reader_reads_the_same_without_belvedere(tmp_path: Path):
    path = write_one_of_each(tmp_path)
    alone = [json.loads(line) for line in read_alone(str(path)).splitlines()]
    ours = list(read_entries(path))
    assert len(alone) == len(ours)
    for theirs, entry in zip(alone, ours, strict=True):
        if isinstance(entry, Logged):
            assert repr(theirs) == repr(["row", entry.step, entry.time, entry.values])
        elif isinstance(entry, VectorLogged):
            values = dict(zip(entry.names, entry.values.tolist(), strict=True))
            assert theirs == ["vector", entry.step, entry.time, entry.family, values]
        else:
            assert theirs == ["event", type(entry).__name__, json.loads(json.dumps(asdict(entry)))]


def test_the_stand_alone_reader_prints_a_series_as_csv(tmp_path: Path):
    write_one_of_each(tmp_path)
    lines = read_alone(str(tmp_path), "--csv", "loss").splitlines()
    assert lines[0] == "step,time,value"
    values = [float(line.split(",")[2]) for line in lines[1:]]
    assert [values[0], values[2], values[3]] == [2.5, 2.25, -math.inf]
    assert math.isnan(values[1])


def test_the_stand_alone_reader_imports_only_the_standard_library():
    imports = re.findall(r"^(?:from|import) (\w+)", READER.read_text(), re.MULTILINE)
    assert set(imports) <= set(sys.stdlib_module_names)
