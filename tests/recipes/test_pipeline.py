"""All recipes in a row: every part's words are understood, a part leaves its runs in the demo's project."""

from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes import digits, pipeline, pretrain
from belvedere.recipes.arguments import order_of
from belvedere.recipes.chat import __main__ as chat
from belvedere.recipes.ranks import Ranks


@pytest.mark.parametrize("part", pipeline.PARTS, ids=lambda part: part.name)
def test_the_words_of_every_part_are_understood(part: pipeline.Part) -> None:
    for words in (part.words, (*part.words, *part.quick)):
        every = [*words, "--group", part.name, "--project", "demo", "--dir", "runs"]
        if part.main is chat.main:
            assert chat.order_of(every).group == "chat"
        elif part.main is digits.main:
            assert digits.order_of(every)[0].group == part.name
        else:
            assert part.main in (pretrain.main, pipeline.two_ranks)
            assert order_of(every, Ranks()).recording.group == part.name


def test_a_part_leaves_its_run_in_the_project_of_the_demo(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    assert pipeline.main(["--quick", "--only", "digits", "--dir", str(tmp_path)]) == 0
    [run] = bv.open(tmp_path).runs()
    assert (run.project, run.group, run.name, run.state) == ("demo", "digits", "digits", "finished")
    assert run.config["seconds"] == 4


def test_ctrl_c_ends_the_whole_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def stopped(words: object) -> int:
        begun.append(words)
        raise KeyboardInterrupt

    parts = tuple(pipeline.Part(name, stopped) for name in ("first", "second"))
    monkeypatch.setattr(pipeline, "PARTS", parts)
    assert pipeline.main(["--dir", str(tmp_path)]) == 130
    assert len(begun) == 1
