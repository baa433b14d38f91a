"""What the client measures of itself is taken without a key and dropped."""

from pathlib import Path

from tests.wandb_protocol.speaking import Speaking


def test_telemetry_is_accepted_and_leaves_nothing(tmp_path: Path) -> None:
    client = Speaking(tmp_path, token="secret")
    for kind in ("metrics", "logs"):
        answer = client.asking.request("POST", f"/sdk/otel/v1/{kind}", content=b"\x0a\x00" * 1000)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "application/x-protobuf"
    assert [path.name for path in tmp_path.iterdir()] == [".belvedere"]
