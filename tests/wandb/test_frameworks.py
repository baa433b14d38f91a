"""Trainers of other people that report to wandb train here with nothing changed."""

import re
from pathlib import Path

import belvedere as bv
from belvedere.analysis.diagnose import diagnose
from belvedere.figures.render import missing_in, render
from belvedere.store.run import Run
from tests.wandb.real import Client, Server

SCRIPT = (Path(__file__).parent / "scripts" / "trainers.py").read_text()


def trained(server: Server, client: Client, framework: str) -> Run:
    output = client.run(SCRIPT, framework, WANDB_PROJECT="trainers")
    found = re.search(r"^run (\S+)$", output, re.MULTILINE)
    assert found, output
    return bv.open(server.root).run(found[1])


def test_the_trainer_of_transformers(shared: Server, shared_client: Client) -> None:
    run = trained(shared, shared_client, "transformers")
    assert (run.project, run.name, run.state) == ("trainers", "trainer", "finished")
    assert run.series("train/loss").steps.tolist() and len(run.series("train/loss")) == 6
    assert len(run.series("eval/loss")) == 3
    assert run.series("train/global_step").values.tolist()[-1] == 30
    assert run.config["max_steps"] == 30 and run.config["learning_rate"] == 1e-2
    assert run.definitions["*"].x == "train/global_step"
    shown_and_diagnosed(run)


def test_the_logger_of_lightning(shared: Server, shared_client: Client) -> None:
    run = trained(shared, shared_client, "lightning")
    assert (run.project, run.name, run.state) == ("lightning", "tiny", "finished")
    assert run.config["lr"] == 1e-2
    assert len(run.series("train/loss")) == 16 and len(run.series("val/loss")) == 4
    assert run.series("trainer/global_step").values.max() == 31
    assert {info.kind for info in run.keys("gradients/*")} == {"histogram"}
    shown_and_diagnosed(run)


def shown_and_diagnosed(run: Run) -> None:
    """A figure and the doctor, without being told anything."""
    assert missing_in(render("loss_curves", run)) == ""
    diagnosis = diagnose(run)
    assert diagnosis.not_checked == () and diagnosis.findings == ()
