"""What the console says."""

from dataclasses import replace
from pathlib import Path

from belvedere.recipes.streaming.settings import Settings
from belvedere.recipes.streaming.telling import Console, clock

IT = replace(Settings(), max_chunks=200)


def test_the_time_that_is_left_is_that_of_the_last_chunks() -> None:
    console = Console(IT)
    line = ""
    for step in range(1, 101):
        secs = 100.0 if step <= 50 else 2.0  # the first fifty have left the window
        line = console.chunk(step, loss=3.0, accuracy=0.25, secs=secs, rate=0.02, elapsed=0)
    assert line == "chunk   100/200  loss 3.000  accuracy 25.00%     2,048 tok/s  lr 0.0200  ETA 0:03:20"


def test_without_a_budget_no_time_is_left_and_with_a_clock_what_it_says() -> None:
    endless, timed = replace(IT, max_chunks=None), replace(IT, max_chunks=None, seconds=100.0)
    said = [Console(it).chunk(1, loss=3.0, accuracy=0.25, secs=2, rate=0.02, elapsed=40) for it in (endless, timed)]
    assert said[0] == "chunk     1  loss 3.000  accuracy 25.00%     2,048 tok/s  lr 0.0200"
    assert said[1].endswith("lr 0.0200  ETA 0:01:00")


def test_final_statistics_name_every_file() -> None:
    console = Console(IT)
    for step in range(1, 21):
        console.chunk(step, loss=21.0 - step, accuracy=step / 20, secs=1.0, rate=0.02, elapsed=0)
    assert console.after(20, Path("kept/x.pt"), has_dashboard=True).splitlines() == [
        "chunks     20 in all, 81,920 tokens; 4,096 tokens/s over the 20 of this attempt",
        "loss       20.000 in the first of them, 2.500 in the last 4",
        "accuracy   5.00% in the first of them, 92.50% in the last 4",
        "dashboard  training_viz/training_latest.png",
        "metrics    training_viz/metrics_history.json",
        "samples    training_viz/text_samples.json",
        "checkpoint kept/x.pt; go on with --resume",
    ]
    assert Console(IT).after(7, None, has_dashboard=False) == "chunks     7 in all, 28,672 tokens\ncheckpoint none"


def test_the_numbers_are_computed_aloud() -> None:
    told = Console(IT).before("a stream", step=0, vocab=256, parameters=1234, flops_per_token=10**6, world=2)
    assert told.splitlines() == [
        "stream     a stream",
        "model      4 layers x 128 wide, 4 heads, V = 256: 1,234 parameters",
        "chunk      4,096 tokens = 2 updates of 8 sequences x 256 tokens, 4.1 GFLOP",
        "budget     200 chunks = 819,200 tokens on cpu in float32, 2 x 2 CPU threads",
        "loss       before the first update it is ln 256 = 5.545",
    ]
    resumed = Console(IT).before("a stream", step=40, vocab=256, parameters=1234, flops_per_token=10**6, world=2)
    assert resumed.splitlines()[-1] == "go on      behind chunk 40 of 4,096 tokens"


def test_a_clock_reads_hours() -> None:
    assert [clock(secs) for secs in (0.4, 59.6, 3_661)] == ["0:00:00", "0:01:00", "1:01:01"]
