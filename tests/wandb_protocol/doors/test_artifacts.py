"""GET /artifactsV2/…: the md5 stands at its place, whatever the file is called."""

from pathlib import Path

import pytest

from belvedere.runlog.artifacts.contents import keep
from tests.wandb_protocol.speaking import Speaking, basic


@pytest.mark.parametrize("name", ["a.txt", "media/images/a.png", "a%2Fb", ""])
def test_a_content_is_found_by_its_md5(tmp_path: Path, name: str) -> None:
    client = Speaking(tmp_path)
    md5 = keep(client.desk.artifacts.of("p").folder, b"content")
    answer = client.asking.get(f"/artifactsV2/x/belvedere/p/c/birth/{md5}/{name}", headers=basic(client.key))
    assert (answer.status_code, answer.content) == (200, b"content")


@pytest.mark.parametrize(
    "rest", ["", "x", "x/y", "x/" + "0" * 32, "x/" + "0" * 32 + "/a", "x/..%2f..%2frun.json/a", "a%00b"]
)
def test_an_address_without_a_content_is_told_so(tmp_path: Path, rest: str) -> None:
    client = Speaking(tmp_path)
    answer = client.asking.get(f"/artifactsV2/x/belvedere/p/c/{rest}", headers=basic(client.key))
    assert (answer.status_code, answer.json()["error"].startswith("no content with md5")) == (404, True)
