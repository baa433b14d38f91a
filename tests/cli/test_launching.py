"""From a wish to a command: devices, options, torchrun, and what cannot be."""

import os
import sys

import pytest

from belvedere.cli.launching import Devices, Nodes, Wish, devices_of, is_recorded, launch_of
from belvedere.core.errors import UsageError
from belvedere.recipes.catalog import Recipe, recipe_called

PRETRAIN = recipe_called("pretrain")
CPU, GPU = Devices("cpu"), Devices("cuda")


def test_devices_are_a_number_a_list_or_the_cpu() -> None:
    assert devices_of(None, 0) == Devices("cpu", 1)
    assert devices_of(None, 8) == Devices("cuda", 8)
    assert devices_of("2", 8) == Devices("cuda", 2)
    assert devices_of("0,3", 8) == Devices("cuda", 2, (0, 3))
    assert devices_of("3,", 8) == devices_of("cuda:3", 8) == Devices("cuda", 1, (3,))
    assert devices_of(" CPU ", 8) == Devices("cpu", 1)
    assert devices_of("cpu:1", 0) == Devices("cpu", 1)


@pytest.mark.parametrize(
    ("text", "gpus", "sentence"),
    [
        ("2", 0, "torch sees no GPU on this machine; pass --devices cpu, or cpu:2 for two"),
        ("9", 8, "--devices 9: torch sees GPUs 0 to 7 only"),
        ("1,8", 8, "torch sees GPUs 0 to 7 only"),
        ("cuda:1", 1, "torch sees GPU 0 only"),
        ("0", 8, "name each GPU once and at least one of them"),
        ("1,1", 8, "name each GPU once"),
        ("cpu:0", 0, f"give 1 to {os.cpu_count()} processes"),
        ("cpu:999", 0, f"give 1 to {os.cpu_count()} processes"),
        ("tpu", 8, "'tpu' is no choice of devices"),
        ("-1", 8, "'-1' is no choice of devices"),
    ],
)
def test_devices_that_are_not_there_are_refused_in_one_sentence(text: str, gpus: int, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        devices_of(text, gpus)
    assert sentence in str(refused.value)


def test_one_device_runs_the_module_itself() -> None:
    wish = Wish(PRETRAIN, CPU, "tiny", "one", "trials", "g", "runs", None, more=("--steps", "4"))
    launch = launch_of(wish, {})
    assert launch.words == (
        sys.executable, "-m", "belvedere.recipes.pretrain", "--preset", "tiny", "--run", "one", "--project", "trials",
        "--group", "g", "--dir", "runs", "--device", "cpu", "--steps", "4",
    )  # fmt: skip
    assert launch.environment == {}
    assert str(launch).startswith("python -m belvedere.recipes.pretrain --preset tiny ")


def test_several_devices_run_torchrun() -> None:
    launch = launch_of(Wish(PRETRAIN, Devices("cpu", 2)), {"OMP_NUM_THREADS": "3"})
    assert launch.words[1:] == (
        "-m", "belvedere.recipes.torchrun", "--standalone", "--nproc_per_node=2", "-m", "belvedere.recipes.pretrain",
        "--", "--device", "cpu",
    )  # fmt: skip
    assert launch.environment == {"TORCH_ELASTIC_SHUTDOWN_TIMEOUT": "600"}  # one's own OMP_NUM_THREADS stays
    assert launch_of(Wish(PRETRAIN, Devices("cpu", 2)), {}).environment["OMP_NUM_THREADS"] == "1"


def test_chosen_gpus_are_counted_among_the_visible_ones() -> None:
    wish = Wish(PRETRAIN, Devices("cuda", 2, (0, 2)))
    assert launch_of(wish, {}).environment["CUDA_VISIBLE_DEVICES"] == "0,2"
    assert launch_of(wish, {"CUDA_VISIBLE_DEVICES": "4,5,7"}).environment["CUDA_VISIBLE_DEVICES"] == "4,7"
    assert "CUDA_VISIBLE_DEVICES" not in launch_of(Wish(PRETRAIN, Devices("cuda", 2)), {}).environment


def test_several_machines_meet_at_an_address() -> None:
    nodes = Nodes("2", 1, "node0:29400", "night")
    words = launch_of(Wish(PRETRAIN, Devices("cuda", 8), nodes=nodes), {}).words
    assert words[3:9] == ("--nnodes=2", "--node_rank=1", "--rdzv_backend=c10d", "--rdzv_endpoint=node0:29400",
                          "--rdzv_id=night", "--nproc_per_node=8")  # fmt: skip
    with pytest.raises(UsageError, match="pass --rdzv-endpoint HOST:PORT"):
        launch_of(Wish(PRETRAIN, GPU, nodes=Nodes("2")), {})


def test_resume_is_passed_on_with_or_without_a_file() -> None:
    assert launch_of(Wish(PRETRAIN, CPU, resume=""), {}).words[-1] == "--resume"
    assert launch_of(Wish(PRETRAIN, CPU, resume="x.pt"), {}).words[-2:] == ("--resume", "x.pt")


def test_what_a_recipe_does_not_know_is_refused() -> None:
    plain = Recipe("plain", "nothing", is_distributed=False, options=frozenset({"dir"}))
    with pytest.raises(UsageError, match="plain has no presets"):
        launch_of(Wish(plain, CPU, "cpu"), {})
    with pytest.raises(UsageError, match="plain takes no --run; leave it out"):
        launch_of(Wish(plain, CPU, run="x"), {})
    with pytest.raises(UsageError, match="plain trains on the CPU only"):
        launch_of(Wish(plain, GPU), {})
    with pytest.raises(UsageError, match="plain trains on one device"):
        launch_of(Wish(plain, Devices("cpu", 2)), {})


def test_a_dummy_run_has_no_page() -> None:
    assert is_recorded(Wish(PRETRAIN, CPU))
    assert not is_recorded(Wish(PRETRAIN, CPU, run="dummy"))
    assert not is_recorded(Wish(PRETRAIN, CPU, more=("--no-record",)))
