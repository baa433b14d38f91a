"""What the machine did, as series."""

import time
from pathlib import Path

from belvedere.record.capture import hardware
from tests.record.conftest import Begin, begin, clean_environment, rows  # noqa: F401 - fixtures


def test_a_gauge_reads_percentages_and_rates(tmp_path: Path) -> None:
    gauge = hardware.ProcessorGauge(tmp_path)
    readings = gauge.read()
    assert 0 <= readings["system/memory_percent"] <= 100
    assert readings["system/process_rss_bytes"] > 1 << 20
    assert all(value >= 0 for value in readings.values())


def test_samples_are_rows_at_the_present_step(begin: Begin) -> None:  # noqa: F811
    run = begin()
    run.log({"a": 1.0}, step=7)
    stop = hardware.capture(run, every_secs=0.05)
    until = time.monotonic() + 60
    while len(rows(run)) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    stop(1.0)
    found = [(step, values) for step, values in rows(run) if "a" not in values]
    assert len(found) >= 2
    assert all(step == 7 and "system/cpu_percent" in values for step, values in found)
