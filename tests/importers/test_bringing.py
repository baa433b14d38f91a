"""Bringing runs of other programs: which importer, one bad source among good ones, nothing twice."""

import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from belvedere.core.entries import RunFinished, RunStarted, Stored
from belvedere.core.errors import DamagedLog, NotFound, UnknownFormat, UsageError
from belvedere.importers.bringing import Bringing, importer_of, importers, only_importer
from belvedere.importers.source import Importer, Source, Tell, folder_name, foreign_writer
from belvedere.runlog.landing import Landing
from belvedere.store.store import open_store


@dataclass
class Lines:
    """A source for tests: a file with one loss a line; "end" ends the run, "bad" cannot be read."""

    where: Path

    @property
    def started(self) -> RunStarted:
        return RunStarted(100.0, "p", self.where.stem, foreign_writer(100.0, "lines", self.where.stem))

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        return len(self.where.read_text().split()) > int(position.get("line", 0))  # type: ignore[call-overload]

    def bring(self, landing: Landing) -> bool:
        lines = self.where.read_text().split()
        for number in range(int(landing.position.get("line", 0)), len(lines)):  # type: ignore[call-overload]
            if lines[number] == "bad":
                raise DamagedLog(f"line {number} is bad")
            if lines[number] == "end":
                landing.event(RunFinished(100.0 + number))
            else:
                landing.row(number, (100 + number) * 1_000_000, {"loss": float(lines[number])})
        landing.commit(line=len(lines))
        return "end" in lines


@dataclass
class LinesImporter:
    TITLE: str = "lines"
    asked: list[Path] = field(default_factory=list)

    def looks_like(self, path: Path) -> bool:
        return path.is_dir()

    def sources(self, path: Path, tell: Tell) -> Sequence[Source]:
        return [Lines(one) for one in sorted(path.glob("*.lines"))]


def bringing(tmp_path: Path, told: list[str]) -> Bringing:
    (tmp_path / "root").mkdir(exist_ok=True)
    return Bringing(LinesImporter(), tmp_path, tmp_path / "root", told.append)


@contextmanager
def full_disk(size_bytes: int) -> Iterator[None]:
    """Every write beyond this size of a file is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def values(tmp_path: Path, run_id: str) -> list[float]:
    return open_store(tmp_path / "root").run(f"p/{run_id}").series("loss").values.tolist()


def test_every_importer_keeps_the_contract() -> None:
    found = importers()
    assert "wandb" in found
    for importer in found.values():
        assert isinstance(importer, Importer) and importer.TITLE


def test_what_grows_comes_when_it_is_there_and_once(tmp_path: Path) -> None:
    path = tmp_path / "a.lines"
    path.write_text("1 2")
    one = bringing(tmp_path, [])
    outcomes = []
    for content in ("1 2", "1 2", "1 2 3", "1 2 3 end", "1 2 3 end"):
        path.write_text(content)
        (found,) = one.each(one.sources())
        outcomes.append((found.is_new, found.is_over))
    one.close()
    assert outcomes == [(True, False), (False, True), (True, False), (True, True), (False, True)]
    assert values(tmp_path, "a") == [1.0, 2.0, 3.0]


def test_a_source_that_cannot_be_read_is_told_once_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.lines").write_text("1 bad")
    (tmp_path / "b.lines").write_text("5 end")
    told: list[str] = []
    one = bringing(tmp_path, told)
    for _ in range(3):
        found = list(one.each(one.sources()))
    assert [bool(brought.trouble) for brought in found] == [True, False]
    assert told == [f"line 1 is bad ({tmp_path / 'a.lines'})"]
    assert values(tmp_path, "b") == [5.0]
    (tmp_path / "a.lines").write_text("1 2 end")
    list(one.each(one.sources()))
    one.close()
    assert values(tmp_path, "a") == [1.0, 2.0]


def test_what_a_full_disk_refused_comes_when_there_is_room_again(tmp_path: Path) -> None:
    (tmp_path / "a.lines").write_text(" ".join(map(str, range(5000))) + " end")
    told: list[str] = []
    one = bringing(tmp_path, told)
    with full_disk(64 << 10):
        (found,) = one.each(one.sources())
    assert found.trouble == (
        f"the disk is full; make room and import again: what is here already stays ({tmp_path / 'a.lines'})"
    )
    assert told[-1] == found.trouble
    (found,) = one.each(one.sources())
    one.close()
    assert (found.is_new, found.is_over, found.trouble) == (True, True, "")
    assert values(tmp_path, "a") == [float(number) for number in range(5000)]


def test_more_runs_than_logs_may_be_open_are_all_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("belvedere.importers.bringing.LANDINGS_MAX", 2)
    one = bringing(tmp_path, [])
    for content in ("1", "1 2", "1 2 3"):
        for number in range(5):
            (tmp_path / f"r{number}.lines").write_text(content)
        assert all(brought.is_new for brought in one.each(one.sources()))
    one.close()
    assert [values(tmp_path, f"r{number}") for number in range(5)] == [[1.0, 2.0, 3.0]] * 5


def test_two_processes_cannot_bring_into_one_folder(tmp_path: Path) -> None:
    with (
        only_importer(tmp_path),
        pytest.raises(UsageError, match="another process is bringing"),
        only_importer(tmp_path),
    ):
        raise AssertionError("the second one got in")
    with only_importer(tmp_path):
        pass


def test_a_path_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such file or directory"):
        importer_of(tmp_path / "nowhere")
    with pytest.raises(UnknownFormat, match="nothing here that can be imported"):
        importer_of(tmp_path)
    with pytest.raises(UsageError, match=r"no importer for 'nonsense'; there are: .*wandb"):
        importer_of(tmp_path, "nonsense")


def test_a_writer_id_follows_from_the_identity_alone() -> None:
    assert foreign_writer(1.5, "a", "b") == foreign_writer(1.5, "a", "b") != foreign_writer(1.5, "ab", "")
    assert foreign_writer(1.5, "a").startswith("r0-1500000000-")


@pytest.mark.parametrize(
    ("text", "name"),
    [("my project", "my project"), ("", "none"), ("a/b", "a-b-c14cdd"), ("..", "none-5ec1f7"), (".x", "x-bb42e4")],
)
def test_a_foreign_name_becomes_a_folder_name(text: str, name: str) -> None:
    assert folder_name(text, "none") == name
