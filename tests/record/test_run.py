"""What log() and its sisters put into the log."""

import math
import threading
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.core.entries import (
    Alerted,
    Configured,
    Defined,
    FileSaved,
    Logged,
    RunFinished,
    RunStarted,
    StageChanged,
    VectorLogged,
)  # fmt: skip
from tests.record.conftest import Begin, entries, only, rows


def test_a_step_between_two_steps_is_kept_at_the_lower_one_and_told(begin: Begin) -> None:
    run = begin()
    with pytest.warns(bv.RecordingWarning, match=r"step=3\.5 was recorded as 3"):
        run.log({"loss": 1.0}, step=3.5)  # type: ignore[arg-type]
    assert rows(run) == [(3, {"loss": 1.0})]


def test_each_log_without_a_step_is_one_step(begin: Begin) -> None:
    run = begin()
    run.log({"loss": 1.5})
    run.log({"loss": 0.5})
    assert rows(run) == [(0, {"loss": 1.5}), (1, {"loss": 0.5})]
    assert run.step == 2


def test_commit_false_stays_at_the_step(begin: Begin) -> None:
    run = begin()
    run.log({"a": 1.0}, commit=False)
    run.log({"b": 2.0})
    run.log({"a": 3.0})
    assert rows(run) == [(0, {"a": 1.0}), (0, {"b": 2.0}), (1, {"a": 3.0})]


def test_explicit_steps_may_go_back_and_repeat(begin: Begin) -> None:
    run = begin()
    for step in (5, 5, 2):
        run.log({"a": float(step)}, step=step)
    run.log({"b": 1.0})
    run.log({"b": 2.0}, step=7, commit=True)
    run.log({"b": 3.0})
    assert [step for step, _ in rows(run)] == [5, 5, 2, 5, 7, 8]


def test_values_are_read_back_as_they_were_logged(begin: Begin) -> None:
    run = begin()
    given = {
        "nan": math.nan,
        "inf": math.inf,
        "minus": -math.inf,
        "flag": True,
        "count": -3,
        "none": None,
        "text": "größer",
    }
    run.log(given)
    ((_, found),) = rows(run)
    assert math.isnan(found.pop("nan"))  # type: ignore[arg-type]
    assert found == {key: value for key, value in given.items() if key != "nan"}


def test_numbers_of_numpy_and_others_become_plain(begin: Begin) -> None:
    run = begin()
    run.log({"f": np.float32(0.5), "i": np.int64(3), "b": np.bool_(True), "one": np.ones((1, 1)), "d": Decimal("0.25")})
    assert rows(run) == [(0, {"f": 0.5, "i": 3, "b": True, "one": 1.0, "d": 0.25})]


def test_nested_mappings_continue_the_name_and_other_keys_become_text(begin: Begin) -> None:
    run = begin()
    run.log({"train": {"loss": 1.0, "acc": {"top1": 0.5}}, 3: 4})  # type: ignore[dict-item]
    assert rows(run) == [(0, {"train/loss": 1.0, "train/acc/top1": 0.5, "3": 4})]


def test_an_integer_beyond_64_bits_is_kept(begin: Begin) -> None:
    run = begin()
    run.log({"big": 2**70})
    assert rows(run) == [(0, {"big": {"_type": "bigint", "value": str(2**70)}})]


def test_a_bad_key_warns_once_and_the_rest_is_kept(begin: Begin) -> None:
    run = begin()

    def log_three_times() -> None:
        for _ in range(3):
            run.log({"": 1.0, "x" * 2000: 2.0, "good": 3.0})

    with pytest.warns(bv.RecordingWarning, match="series name") as found:
        log_three_times()
    assert len(found) == 1
    assert found[0].filename == __file__
    assert rows(run) == [(step, {"good": 3.0}) for step in range(3)]


def test_an_array_warns_with_what_to_use_instead(begin: Begin) -> None:
    run = begin()
    with pytest.warns(bv.RecordingWarning, match=r"bv\.Vector"):
        run.log({"weights": np.ones(5), "loss": 1.0})
    assert rows(run) == [(0, {"loss": 1.0})]


class Hostile:
    """Cannot be pickled, has no text."""

    def __reduce__(self) -> str:
        raise TypeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no text either")


def test_an_object_nobody_can_store_costs_only_its_key(begin: Begin) -> None:
    run = begin()
    with pytest.warns(bv.RecordingWarning, match="'x' was not recorded"):
        run.log({"x": Hostile(), "loss": 1.0})
    assert rows(run) == [(0, {"loss": 1.0})]


def test_log_of_something_that_is_no_mapping_warns(begin: Begin) -> None:
    run = begin()
    with pytest.warns(bv.RecordingWarning, match="takes a mapping"):
        run.log([1, 2])  # type: ignore[arg-type]


def test_strict_raises_instead(begin: Begin) -> None:
    run = begin(strict=True)
    with pytest.raises(bv.RecordingError, match=r"bv\.Vector"):
        run.log({"weights": np.ones(5)})


def test_ten_thousand_keys_in_one_row(begin: Begin) -> None:
    run = begin()
    wide = {f"k/{i}": float(i) for i in range(10_000)}
    run.log(wide)
    assert rows(run) == [(0, wide)]


def test_a_new_key_set_each_step(begin: Begin) -> None:
    run = begin()
    for step in range(300):
        run.log({f"k{step}": step, "loss": 0.5})
    assert rows(run) == [(step, {f"k{step}": step, "loss": 0.5}) for step in range(300)]


def test_threads_log_at_once_and_nothing_is_lost(begin: Begin) -> None:
    run = begin()

    def work(name: str) -> None:
        for i in range(200):
            run.log({name: i, "shared": float(i)}, step=i)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [(key, values[key]) for _, values in rows(run) for key in values if key != "shared"]
    assert sorted(found) == sorted((f"t{n}", i) for n in range(4) for i in range(200))  # type: ignore[type-var]


def test_vectors_by_method_and_by_value(begin: Begin) -> None:
    run = begin()
    run.log_vector("grad_norm", np.array([1, 2], np.float32), ["h.0", "h.1"])
    run.log({"loss": 1.0, "probs": bv.Vector({"a": 0.25, "b": 0.75})})
    first, second = (entry for entry in only(run, VectorLogged) if isinstance(entry, VectorLogged))
    assert (first.family, first.step, first.names, first.values.tolist()) == ("grad_norm", 0, ("h.0", "h.1"), [1, 2])
    assert (second.family, second.step, second.names, second.values.tolist()) == ("probs", 0, ("a", "b"), [0.25, 0.75])
    assert (first.values.dtype, second.values.dtype) == (np.float32, np.float64)


def test_a_vector_with_wrong_names_warns(begin: Begin) -> None:
    run = begin()
    with pytest.warns(bv.RecordingWarning, match="1 names for 2 components"):
        run.log_vector("grad_norm", [1.0, 2.0], ["h.0"])
    assert only(run, VectorLogged) == []


def test_config_by_item_and_attribute_is_recorded(begin: Begin) -> None:
    run = begin(config={"lr": 0.1, "model": {"depth": 4}})
    run.config.lr = 0.2
    run.config["path"] = Path("/x")
    run.config.update({"seed": 1}, batch=np.int64(8))
    found = [entry.values for entry in entries(run) if isinstance(entry, Configured) and entry.section == "config"]
    assert found == [{"lr": 0.1, "model": {"depth": 4}}, {"lr": 0.2}, {"path": "/x"}, {"seed": 1, "batch": 8}]
    assert (run.config.lr, run.config["model"], run.config.get("none")) == (0.2, {"depth": 4}, None)


def test_summary_reads_the_last_values_and_what_was_set(begin: Begin) -> None:
    run = begin()
    run.log({"loss": 2.0, "acc": 0.1})
    run.log({"loss": 1.0})
    run.summary["best"] = 1.0
    run.summary["acc"] = 0.9
    assert dict(run.summary) == {"loss": 1.0, "acc": 0.9, "best": 1.0}
    run.log({"loss": 0.5})
    assert run.summary["loss"] == 0.5
    found = [entry.values for entry in entries(run) if isinstance(entry, Configured) and entry.section == "summary"]
    assert found == [{"best": 1.0}, {"acc": 0.9}]


def test_stage_define_alert_save(begin: Begin, tmp_path: Path) -> None:
    run = begin(stage="pretrain")
    run.log({"a": 1.0})
    run.stage("sft")
    run.define("val/*", x="tokens", summary="min,last", goal="minimize", unit="nats")
    run.define_metric("acc", step_metric="epoch", goal="max")
    run.alert("loss is high", "look", level="WARN")
    (tmp_path / "notes.txt").write_text("hello")
    run.save(tmp_path / "notes.txt", base_path=tmp_path)
    assert [(e.step, e.name) for e in entries(run) if isinstance(e, StageChanged)] == [(0, "pretrain"), (1, "sft")]
    defined = [(e.key, e.x, list(e.summary), e.goal, e.unit) for e in entries(run) if isinstance(e, Defined)]
    assert defined == [
        ("val/*", "tokens", ["min", "last"], "minimize", "nats"), ("acc", "epoch", [], "maximize", None),
    ]  # fmt: skip
    assert [(e.step, e.title, e.level) for e in entries(run) if isinstance(e, Alerted)] == [
        (1, "loss is high", "warning")
    ]
    assert [(e.path, e.size_bytes) for e in entries(run) if isinstance(e, FileSaved)] == [("notes.txt", 5)]


def test_the_log_begins_with_who_and_ends_with_how(begin: Begin) -> None:
    run = begin(name="blue", tags=["a", "b"], notes="n", group="g", job_type="train")
    run.finish()
    first, last = entries(run)[0], entries(run)[-1]
    assert isinstance(first, RunStarted)
    assert (first.name, list(first.tags), first.group, first.job_type, first.rank) == (
        "blue",
        ["a", "b"],
        "g",
        "train",
        0,
    )
    assert isinstance(last, RunFinished)
    assert (last.state, last.exit_code) == ("finished", 0)


def test_the_context_manager_tells_how_it_ended(begin: Begin) -> None:
    def ended(error: BaseException | None) -> tuple[str, int]:
        run = begin()
        with suppress(type(error) if error else ValueError), run:
            if error is not None:
                raise error
        last = entries(run)[-1]
        assert isinstance(last, RunFinished)
        return last.state, last.exit_code

    assert ended(None) == ("finished", 0)
    assert ended(ValueError("x")) == ("failed", 1)
    assert ended(KeyboardInterrupt()) == ("stopped", 130)
    assert ended(SystemExit(0)) == ("finished", 0)
    assert ended(SystemExit(3)) == ("failed", 3)


def test_log_after_finish_warns(begin: Begin) -> None:
    run = begin()
    run.log({"a": 1.0})
    run.finish()
    run.finish()
    with pytest.warns(bv.RecordingWarning, match="the run is finished"):
        run.log({"a": 2.0})
    assert [type(entry) for entry in entries(run) if isinstance(entry, Logged | RunFinished)] == [Logged, RunFinished]


def test_disabled_is_the_same_run_and_writes_nothing(begin: Begin, tmp_path: Path) -> None:
    run = begin(mode="disabled", config={"lr": 1})
    run.log({"loss": 1.0, "image": bv.Image(np.zeros((2, 2)))})
    run.log_vector("v", [1.0])
    run.stage("sft")
    run.alert("a")
    assert (type(run), run.config["lr"], run.summary["loss"], run.step) == (bv.Run, 1, 1.0, 1)
    run.finish()
    assert list(tmp_path.iterdir()) == []


def test_long_text_becomes_a_file(begin: Begin) -> None:
    run = begin()
    run.log({"story": "x" * (1 << 21)}, commit=True)
    ((_, values),) = rows(run)
    story = values["story"]
    assert isinstance(story, dict)
    assert (story["_type"], story["size"], story["suffix"], len(story["text"])) == ("text", 1 << 21, ".txt", 1000)


def test_a_text_beyond_what_a_record_holds_is_kept_and_the_log_stays_whole(begin: Begin) -> None:
    run = begin()
    run.log({"a": 1.0})
    run.log({"huge": "x" * (70 << 20)})
    run.log({"a": 2.0})
    found = rows(run)
    assert [list(values) for _, values in found] == [["a"], ["huge"], ["a"]]
    assert found[1][1]["huge"]["size"] == 70 << 20  # type: ignore[call-overload, index]


def test_the_address_is_that_of_the_run_page(begin: Begin) -> None:
    assert begin(id="r", server="http://host:1/", mode="local").url == "http://host:1/p/r"
