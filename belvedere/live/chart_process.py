"""The process that draws PNG dashboards for a training that hands it its rows; see `compat/visualization_manager.py`.

    python -m belvedere.live.chart_process FOLDER --name NAME --samples 5

It reads messages from standard input until the end. Rows are never left out; of the charts that wait, the oldest are
left out when more than CHARTS_MAX do, and counted.
"""

import argparse
import importlib
import os
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import BinaryIO

from belvedere.core.errors import BelvedereError
from belvedere.figures.dashboard_content import Sample
from belvedere.figures.dashboard_feed import DashboardFeed
from belvedere.live.chart_messages import Chart, Message, Row, Save, Text, next_message
from belvedere.live.history import History
from belvedere.live.text_samples import TextSamples
from belvedere.record.guard import ANY_ERROR, described

INBOX_MAX = 20_000
CHARTS_MAX = 3
NICE = 10
COLUMNS = ("step", "loss", "accuracy", "tokens_per_sec", "gpu_memory_mb", "learning_rate")


class Charts:
    """Everything that is known of one training, and its files."""

    def __init__(self, folder: Path, *, name: str, samples: int, resume_from: int | None = None) -> None:
        """With `resume_from` the files in the folder are an earlier attempt's of the same training, which goes on
        behind that step."""
        self._folder = folder
        self._feed = DashboardFeed(name, samples=samples)
        self._history = History(folder, COLUMNS, resume_from=resume_from)
        self._texts = TextSamples(last=samples)
        self.left_out = 0
        self.trouble = ""  # why a dashboard could not be drawn, the first time
        if resume_from is not None:
            self._texts.go_on(folder, resume_from)
            self._show_earlier()

    def take(self, message: Message, *, charts_waiting: int = 0) -> None:
        """One message, in the order in which they were sent."""
        if isinstance(message, Row):
            self._take_row(message)
        elif isinstance(message, Text):
            accuracy = None if message.accuracy != message.accuracy else message.accuracy
            sample = Sample(message.step, message.input, message.output, message.target, accuracy)
            self._texts.add(sample)
            self._feed.samples.append(as_share(sample))
        elif isinstance(message, Save):
            self._history.compact()
            self._texts.save(self._folder)
        elif charts_waiting >= CHARTS_MAX:
            self.left_out += 1
        else:
            self._try(message.step)

    def draw(self, step: int, *, state: str = "running") -> None:
        """The dashboard as of now, as the one of a step."""
        from belvedere.figures.dashboard import png
        from belvedere.figures.dashboard_files import publish

        publish(png(self._feed.content(state=state)), self._folder, step)
        self._history.flush()
        self._texts.save(self._folder)

    def _try(self, step: int) -> None:
        """A dashboard that fails takes no history with it."""
        try:
            self.draw(step)
        except ANY_ERROR as error:
            self.trouble = self.trouble or f"the dashboard of step {step:,} was not drawn: {described(error)}"

    def _show_earlier(self) -> None:
        """What an earlier attempt left, on the sheet as well."""
        for step, loss, accuracy, throughput, _, rate in self._history.rows():
            self._feed.add(int(step), loss=loss, accuracy=accuracy, throughput=throughput, rate=rate)
        self._feed.samples.extend(as_share(sample) for sample in self._texts.last)

    def close(self) -> None:
        """Write everything that is still in memory."""
        self._history.close()
        self._texts.save(self._folder)

    def _take_row(self, row: Row) -> None:
        self._feed.add(
            row.step, loss=row.loss, accuracy=row.accuracy, throughput=row.tokens_per_sec, rate=row.learning_rate
        )
        values = (row.step, row.loss, row.accuracy, row.tokens_per_sec, row.gpu_memory_mb, row.learning_rate)
        self._history.add(values, row.timestamp)


def as_share(sample: Sample) -> Sample:
    """The sample with its accuracy as a share of 1; above 1 it was in percent."""
    is_percent = sample.accuracy is not None and sample.accuracy > 1
    return replace(sample, accuracy=sample.accuracy / 100) if is_percent and sample.accuracy else sample


def serve(source: BinaryIO, charts: Charts) -> None:
    """Read on one thread, draw on this one; charts that wait are counted, so that old ones can be left out."""
    inbox: Queue[Message | None] = Queue(INBOX_MAX)
    waiting: deque[int] = deque()  # steps of the charts in the inbox

    def read() -> None:
        while (message := next_message(source)) is not None:
            if isinstance(message, Chart):
                waiting.append(message.step)
            inbox.put(message)
        inbox.put(None)

    threading.Thread(target=read, name="inbox", daemon=True).start()
    while (message := inbox.get()) is not None:
        if isinstance(message, Chart):
            waiting.popleft()
        charts.take(message, charts_waiting=len(waiting))


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: all is written; 2: the folder cannot be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--name", default="training", help="what stands at the top of the sheet")
    parser.add_argument("--samples", type=int, default=5, help="text samples on the sheet")
    parser.add_argument("--resume-from", type=int, help="the files go on behind this step")
    chosen = parser.parse_args(arguments)
    with suppress(OSError):
        os.nice(NICE)
    importlib.import_module("belvedere.figures.dashboard")  # matplotlib takes a second, now rather than at a chart
    try:
        charts = Charts(chosen.folder, name=chosen.name, samples=chosen.samples, resume_from=chosen.resume_from)
        serve(sys.stdin.buffer, charts)
        charts.close()
    except (BelvedereError, OSError) as error:
        print(f"belvedere: dashboards: {error}", file=sys.stderr)
        return 2
    if charts.trouble:
        print(f"belvedere: dashboards: {charts.trouble}", file=sys.stderr)
    if charts.left_out:
        words = "dashboards left out because they came faster than they could be drawn"
        print(f"belvedere: {words}: {charts.left_out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
