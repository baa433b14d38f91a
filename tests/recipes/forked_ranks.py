"""The ranks of a training as torchrun starts them, forked from one process that has imported torch and its compiler:
to import both once for each rank would take longer than the trainings of the tests."""

import importlib
import multiprocessing
import os
import secrets

from tests.ports import free_port

IMPORTED = ["torch._dynamo", "belvedere.recipes.captioning.training", "belvedere.recipes.chat.course"]


def run_ranks(module: str, *words: str, world: int = 2) -> None:
    """`python -m module words` on so many ranks, each of which must end with exit code 0."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    shared = {
        "WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": str(world), "OMP_NUM_THREADS": "1",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "TORCHELASTIC_RUN_ID": secrets.token_hex(8),
    }  # fmt: skip
    ranks = [
        context.Process(target=_run, args=(module, words, {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}))
        for rank in range(world)
    ]
    for rank in ranks:
        rank.start()
    try:
        for rank in ranks:
            rank.join()
        assert [rank.exitcode for rank in ranks] == [0] * world
    finally:
        for rank in ranks:
            rank.kill()


def _run(module: str, words: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    raise SystemExit(importlib.import_module(module).main(list(words)))
