"""How fast TensorBoard's event files are read and brought into a log of ours.

    python -m benchmarks.bench_tensorboard [--quick]

The files are what torch's SummaryWriter writes, byte for byte: one event a scalar, tags by turns. Beside them stands
the event file loader of the tensorboard package, where it is installed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from belvedere.importers import tensorboard
from belvedere.importers.bringing import Bringing
from belvedere.importers.tensorboard.event_file import EventFile
from belvedere.record.mirrors import event_file as writing
from belvedere.record.mirrors.event_values import scalar

TAGS = 10
SCALARS, SCALARS_QUICK = 1_000_000, 100_000
ROUNDS = 3
LIMIT_PER_SEC = 300_000
THEIRS_MAX = 50_000  # the other loader takes its time


def write_scalars(folder: Path, count: int, tags: int) -> Path:
    """An event file with one scalar an event."""
    file = writing.EventFile(folder, 1.7e9)
    for place in range(count):
        step, tag = divmod(place, tags)
        file.values(1.7e9 + place * 1e-3, step, [scalar(f"train/metric_{tag}", step * 0.5)])
    file.close()
    return file.path


def best(work: Callable[[], int]) -> tuple[int, float]:
    """What came out, and the best CPU time of several rounds, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = work()
        times.append(time.process_time() - start)
    return found, min(times)


def read(path: Path) -> int:
    file, count = EventFile(path), 0
    while found := file.poll():
        count += sum(len(block.values) for block in found.blocks)
    return count


def bring(path: Path) -> int:
    """Everything from file to log; how many bytes the log has then."""
    with tempfile.TemporaryDirectory() as root:
        bringing = Bringing(tensorboard, path.parent, Path(root), sys.exit)
        brought = list(bringing.each(bringing.sources()))
        bringing.close()
        assert [one.is_new for one in brought] == [True]
        return sum(log.stat().st_size for log in Path(root).rglob("*.rlog"))


def read_with_tensorboard(path: Path) -> int:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    return sum(1 for event in LegacyEventFileLoader(str(path)).Load() if event.HasField("summary"))


def main() -> None:
    """Measure, and say whether the aim is reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the scalars")
    count = SCALARS_QUICK if parser.parse_args().quick else SCALARS
    with tempfile.TemporaryDirectory() as folder:
        for tags in (TAGS, 500):
            path = write_scalars(Path(folder) / f"of_{tags}", count, tags)
            found, seconds = best(lambda path=path: read(path))  # type: ignore[misc]
            assert found == count
            rate = found / seconds
            verdict = "ok" if rate >= LIMIT_PER_SEC else "MISSED"
            print(f"{tags:4} tags: read {rate:12,.0f} scalars/s | to reach {LIMIT_PER_SEC:,}: {verdict}")
            size, seconds = best(lambda path=path: bring(path))  # type: ignore[misc]
            print(f"           read and landed {count / seconds:12,.0f} scalars/s, {size / count:.1f} bytes each")
        try:
            few = write_scalars(Path(folder) / "few", min(count, THEIRS_MAX), TAGS)
            found, seconds = best(lambda: read_with_tensorboard(few))
        except ImportError:
            print("tensorboard is not installed, so there is nothing to compare with")
        else:
            print(f"tensorboard's own loader: {found / seconds:,.0f} scalars/s")


if __name__ == "__main__":
    main()
