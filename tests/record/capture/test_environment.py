"""Facts about where a run ran."""

import subprocess
from pathlib import Path

from belvedere.core.entries import Configured, Stored
from belvedere.record.capture.environment import git_facts, machine_facts, package_facts, process_facts, without_secrets
from tests.record.conftest import Begin, begin, clean_environment, entries  # noqa: F401 - fixtures


def test_secrets_on_the_command_line_are_hidden() -> None:
    given = ["train.py", "--lr", "0.1", "--api-key", "abc", "--hf_token=xyz", "--fast"]
    expected = ["train.py", "--lr", "0.1", "--api-key", "(hidden)", "--hf_token=(hidden)", "--fast"]
    assert without_secrets(given) == expected


def test_process_and_machine_facts_are_there() -> None:
    assert process_facts(["x"])["command"] == ["x"]
    facts = machine_facts()
    assert facts["host"]
    assert isinstance(facts["memory_bytes"], int)
    assert "numpy" in package_facts()


def test_commit_and_diff_of_a_repository(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=n", "-c", "user.email=e@x"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    kept: list[bytes] = []

    def keep(content: bytes | Path, suffix: str) -> dict[str, Stored]:
        assert isinstance(content, bytes)
        kept.append(content)
        return {"sha256": "h", "size": len(content), "suffix": suffix}

    assert git_facts(tmp_path, keep) == {}
    git("init", "-b", "main")
    (tmp_path / "a.txt").write_text("one\n")
    git("add", ".")
    git("commit", "-m", "first")
    git("remote", "add", "origin", "https://user:secret@host/repo.git")
    clean = git_facts(tmp_path, keep)
    assert (clean["branch"], clean["is_dirty"], clean["remote"]) == ("main", False, "https://host/repo.git")
    assert len(str(clean["commit"])) == 40
    (tmp_path / "a.txt").write_text("two\n")
    (tmp_path / "new.txt").write_text("")
    dirty = git_facts(tmp_path, keep)
    assert (dirty["is_dirty"], dirty["untracked"]) == (True, ["new.txt"])
    assert b"-one\n+two" in kept[0]


def test_a_run_writes_its_environment_once(begin: Begin) -> None:  # noqa: F811
    run = begin()
    run.finish()
    found = [entry.values for entry in entries(run) if isinstance(entry, Configured) and entry.section == "environment"]
    assert len(found) == 1
    assert {"python", "command", "host", "packages", "git", "gpus", "world_size"} <= set(found[0])
