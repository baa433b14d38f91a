"""Speaks to an application as W&B's client does: with a key, to the four doors of its protocol."""

import base64
from pathlib import Path
from typing import Any

import httpx

from belvedere.server.app import make_app
from belvedere.store.store import open_store
from belvedere.wandb_protocol.desk import Desk
from tests.server.asking import Asking

KEY = "a" * 40
ENTITY = "belvedere"


def basic(key: str) -> dict[str, str]:
    """The header that brings a key."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}


class Speaking:
    """A client of an application over one folder of runs. `token` and other options go to `make_app`."""

    def __init__(self, root: Path, **options: Any) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.app = make_app(open_store(root), **options)
        self.asking = Asking(self.app)
        self.key = KEY

    @property
    def desk(self) -> Desk:
        desk = self.app.state.desk
        assert isinstance(desk, Desk)
        return desk

    def post(self, path: str, **options: Any) -> httpx.Response:
        headers = {**basic(self.key), **options.pop("headers", {})}
        return self.asking.request("POST", path, headers=headers, **options)

    def graphql(self, text: str, /, **variables: Any) -> dict[str, Any]:
        """The answer to an operation, errors and all."""
        answer = self.post("/graphql", json={"query": text, "variables": variables})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def data(self, text: str, /, **variables: Any) -> Any:
        """What an operation answers when nothing is wrong."""
        answer = self.graphql(text, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def error(self, text: str, /, **variables: Any) -> str:
        """The message of an operation that is refused."""
        answer = self.graphql(text, **variables)
        assert answer["data"] is None
        (error,) = answer["errors"]
        return str(error["message"])

    def start(self, run: str = "run1", project: str = "p", **variables: Any) -> dict[str, Any]:
        """Begin a run; the bucket."""
        text = """mutation UpsertBucket($name: String, $project: String, $config: JSONString, $host: String) {
            upsertBucket(input: {name: $name, modelName: $project, config: $config, host: $host}) {
                bucket { id name } } }"""
        given = {"name": run, "project": project, "config": "{}", "host": "gpu1", **variables}
        found: dict[str, Any] = self.data(text, **given)["upsertBucket"]
        bucket: dict[str, Any] = found["bucket"]
        return bucket

    def stream(self, body: object, run: str = "run1", project: str = "p") -> httpx.Response:
        """One post of rows."""
        return self.post(f"/files/{ENTITY}/{project}/{run}/file_stream", json=body)
