"""What a script written for W&B asks of `init`."""

import sys
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.entries import Configured, Described
from belvedere.core.errors import UsageError
from belvedere.record import wandb_names
from tests.record.conftest import Begin, only

NOTHING = dict.fromkeys(
    ("project", "name", "id", "group", "tags", "dir", "mode", "notes", "job_type", "resume", "resume_from")
)


def asked(environ: dict[str, str], settings: object = None, config: object = None, **more: object) -> wandb_names.Asked:
    own = {key: value for key, value in more.items() if key in NOTHING}
    foreign = {key: value for key, value in more.items() if key not in NOTHING}
    return wandb_names.translated(environ, {**NOTHING, **own}, foreign, settings, config)


def given(found: wandb_names.Asked) -> dict[str, object]:
    return {key: value for key, value in found.arguments.items() if value is not None}


def test_variables_of_wandb_fill_what_was_not_passed() -> None:
    environ = {
        "WANDB_PROJECT": "p", "WANDB_NAME": "n", "WANDB_RUN_ID": "i", "WANDB_RUN_GROUP": "g", "WANDB_TAGS": "a,b",
        "WANDB_DIR": "d", "WANDB_NOTES": "words", "WANDB_JOB_TYPE": "eval", "WANDB_RESUME": "allow",
    }  # fmt: skip
    found = given(asked(environ, project="mine"))
    assert found == {
        "project": "mine", "name": "n", "id": "i", "group": "g", "tags": ["a", "b"], "dir": "d", "notes": "words",
        "job_type": "eval", "resume": "allow",
    }  # fmt: skip


def test_our_own_variables_win() -> None:
    environ = {"WANDB_PROJECT": "p", "BELVEDERE_PROJECT": "ours", "WANDB_RUN_GROUP": "g", "BELVEDERE_GROUP": "ours"}
    assert given(asked(environ)) == {}


@pytest.mark.parametrize(
    ("environ", "mode", "wanted"),
    [
        ({}, "online", "local"),
        ({"WANDB_MODE": "online", "BELVEDERE_SERVER": "http://x"}, None, "online"),
        ({"WANDB_MODE": "offline"}, None, "offline"),
        ({"WANDB_MODE": "disabled"}, None, "disabled"),
        ({"WANDB_DISABLED": "true"}, "online", "disabled"),
        ({"WANDB_MODE": "disabled"}, "offline", "offline"),
    ],
)
def test_modes(environ: dict[str, str], mode: str | None, wanted: str) -> None:
    assert asked(environ, mode=mode).arguments["mode"] == wanted


def test_settings_count_like_arguments() -> None:
    settings = bv.Settings(project="p", run_name="n", run_tags=["a"], console="off", silent=True, x_disable_stats=True)
    found = asked({}, settings, entity="team", reinit=True, nonsense=1, sync_tensorboard=True)
    assert given(found) == {"project": "p", "name": "n", "tags": ["a"], "console": False, "hardware": False}
    assert (found.entity, found.reinit, found.is_silent, found.unknown) == ("team", True, True, {"nonsense": 1})
    assert found.troubles == [
        "sync_tensorboard=: event files are not followed; write with bv.SummaryWriter, or run `belvedere FOLDER`"
    ]


def test_a_config_may_be_a_file_and_may_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("wandb_version: 1\nlr:\n  desc: rate\n  value: 0.1\ndepth: 3\n")
    assert asked({}, None, str(path)).config == {"lr": 0.1, "depth": 3}
    assert asked({}, None, {"a": 1, "b": 2}, config_exclude_keys=["a"]).config == {"b": 2}
    assert asked({}, None, {"a": 1, "b": 2}, config_include_keys=["a"]).config == {"a": 1}
    with pytest.raises(UsageError, match=r"config='nothing.yaml' cannot be read as YAML"):
        asked({}, None, "nothing.yaml")


def test_variables_of_wandb_mean_nothing_to_other_scripts(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_NAME", "theirs")
    assert bv.init(project="p", dir=begin().dir, console=False, hardware=False).name != "theirs"
    bv.finish()


def called_wandb(text: str, **names: object) -> dict[str, object]:
    """Run lines in a module that calls Belvedere wandb."""
    space: dict[str, object] = {"wandb": bv, **names}
    exec(text, space)
    return space


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_CONSOLE", "off")


@pytest.mark.usefixtures("quiet")
def test_arguments_of_wandb_are_known_where_it_is_called_so() -> None:
    run = called_wandb("run = wandb.init(entity='team', project='p', save_code=True, anonymous='never')")["run"]
    assert isinstance(run, bv.Run)
    assert (run.entity, run.path) == ("team", f"team/p/{run.id}")
    facts = [event for event in only(run, Configured) if isinstance(event, Configured) and event.section == "wandb"]
    assert [dict(event.values) for event in facts] == [{"entity": "team"}]
    run.finish()


@pytest.mark.usefixtures("quiet")
def test_a_second_init_is_the_open_run_unless_it_says_otherwise() -> None:
    with pytest.warns(bv.RecordingWarning, match="init\\(\\) was called while run .* is open"):
        space = called_wandb("a = wandb.init(project='p')\nb = wandb.init(project='p', config={'x': 1})")
    assert space["a"] is space["b"] and bv.config == {"x": 1}
    again = called_wandb("c = wandb.init(project='p', reinit=True)\nd = wandb.init(project='p', reinit='create_new')")
    states = [run.state for run in (space["a"], again["c"], again["d"]) if isinstance(run, bv.Run)]
    assert states == ["finished", "running", "running"]
    for name in "cd":
        run = again[name]
        assert isinstance(run, bv.Run)
        run.finish()


@pytest.mark.usefixtures("quiet")
def test_a_module_called_wandb_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", bv)
    monkeypatch.setenv("WANDB_NAME", "theirs")
    run = bv.init(project="p")
    run.finish()
    assert run.name == "theirs"


def test_a_run_can_be_renamed(begin: Begin) -> None:
    run = begin(name="before", tags=["a"])
    run.name = "after"
    run.tags += ("b",)
    run.notes = "words"
    assert (run.name, run.tags, run.notes) == ("after", ("a", "b"), "words")
    told = [event for event in only(run, Described) if isinstance(event, Described)]
    assert [(event.name, event.tags, event.notes) for event in told] == [
        ("after", None, None), (None, ["a", "b"], None), (None, None, "words"),
    ]  # fmt: skip
    found = bv.open(Path(run.dir).parent.parent).run(f"p/{run.id}")
    assert (found.name, found.tags, found.notes) == ("after", ("a", "b"), "words")


def test_a_file_that_was_saved_can_be_restored(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text("weights")
    run = begin()
    run.save(tmp_path / "model.txt", base_path=tmp_path)
    with run.restore("model.txt", root=str(tmp_path / "back")) as found:
        assert found.read() == "weights"
    with pytest.raises(bv.NotFound, match="no file 'other' was saved with the run p/"):
        run.restore("other")


def test_code_is_kept(begin: Begin, tmp_path: Path) -> None:
    for name in ("a.py", "b.txt", "venv/c.py"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(name)
    run = begin()
    run.log_code(str(tmp_path / "src"))
    run.log_code(str(tmp_path / "src"), include_fn=lambda path: path.endswith(".txt"))
    found = bv.open(Path(run.dir).parent.parent).run(f"p/{run.id}")
    assert [file.path for file in found.files] == ["code/a.py", "code/b.txt"]
