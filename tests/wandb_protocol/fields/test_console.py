"""What a run printed, page by page and from its end."""

from pathlib import Path

from tests.wandb_protocol.landed import land
from tests.wandb_protocol.speaking import Speaking

LINES = """query RunConsoleLogPage($first: Int, $after: String) { project(name: "p") { run(name: "run1") { logLineCount
    logLines(first: $first, after: $after, useImprovedPagination: true) {
        edges { node { number timestamp level label line } } pageInfo { endCursor hasNextPage } } } } }"""
TAIL = """query RunConsoleLogTail($last: Int!) { project(name: "p") { run(name: "run1") { logLineCount
    logLines(last: $last) { edges { node { number timestamp level label line } } } } } }"""


def test_lines_come_page_by_page(tmp_path: Path) -> None:
    land(tmp_path, console=["one\n", "ERROR two", "three"])
    client = Speaking(tmp_path)
    first = client.data(LINES, first=2)["project"]["run"]
    assert first["logLineCount"] == 3
    assert [edge["node"] for edge in first["logLines"]["edges"]] == [
        {"number": 0, "timestamp": "2023-11-14T22:13:20.000000Z", "level": "", "label": "", "line": "one"},
        {"number": 1, "timestamp": "2023-11-14T22:13:21.000000Z", "level": "error", "label": "", "line": "ERROR two"},
    ]
    assert first["logLines"]["pageInfo"] == {"endCursor": "2", "hasNextPage": True}
    second = client.data(LINES, first=2, after="2")["project"]["run"]["logLines"]
    assert [edge["node"]["line"] for edge in second["edges"]] == ["three"]
    assert second["pageInfo"] == {"endCursor": "3", "hasNextPage": False}


def test_the_last_lines_are_found_from_the_end(tmp_path: Path) -> None:
    land(tmp_path, console=["one", "two", "three"])
    client = Speaking(tmp_path)
    for last, lines in ((2, ["two", "three"]), (9, ["one", "two", "three"]), (0, []), (-1, [])):
        found = client.data(TAIL, last=last)["project"]["run"]["logLines"]["edges"]
        assert [edge["node"]["line"] for edge in found] == lines


def test_a_run_that_printed_nothing_has_no_lines(tmp_path: Path) -> None:
    land(tmp_path)
    run = Speaking(tmp_path).data(LINES)["project"]["run"]
    assert run == {"logLineCount": 0, "logLines": {"edges": [], "pageInfo": {"endCursor": "0", "hasNextPage": False}}}


def test_a_cursor_that_nobody_gave_is_refused(tmp_path: Path) -> None:
    land(tmp_path, console=["one"])
    assert "is no place in the console" in Speaking(tmp_path).error(LINES, after="x" * 99)
