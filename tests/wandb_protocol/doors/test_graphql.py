"""POST /graphql: 200 whatever comes, with a sentence where it cannot be answered."""

import gzip
from pathlib import Path

import pytest

from tests.wandb_protocol.speaking import Speaking, basic

QUERY = b'{"query": "query Viewer { viewer { entity } }"}'


def test_an_operation_is_answered_with_or_without_variables_and_packed(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    plain = client.post("/graphql", content=QUERY)
    packed = client.post("/graphql", content=gzip.compress(QUERY), headers={"Content-Encoding": "gzip"})
    assert plain.json() == packed.json() == {"data": {"viewer": {"entity": "belvedere"}}}
    assert plain.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "no JSON"),
        (b"", "no query"),
        (b"[]", "a JSON list"),
        (b'{"query": 5}', "no query"),
        (b'{"query": "  "}', "no query"),
        (b'{"query": "{ viewer { id } }", "variables": [1]}', "variables are a list"),
        (b'{"query": "{ viewer { id }"}', "no GraphQL"),
        (b'{"query": "{ viewer { id } }", "variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", "no JSON"),
        (b'{"query": "mutation M { launchRocket }"}', "operation M asks for Mutation.launchRocket"),
        (b'{"query": "{ \\ud800 }"}', "no GraphQL"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(tmp_path: Path, body: bytes, why: str) -> None:
    answer = Speaking(tmp_path).post("/graphql", content=body)
    found = answer.json()
    assert (answer.status_code, found["data"]) == (200, None)
    assert why in found["errors"][0]["message"]


def test_a_key_is_asked_for(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    none = client.asking.request("POST", "/graphql", content=QUERY)
    short = client.asking.request("POST", "/graphql", content=QUERY, headers=basic("a" * 39))
    assert (none.status_code, short.status_code) == (401, 401)
    assert none.json()["error"] == "this Belvedere server got no API key"
    assert short.json()["error"] == "an API key of 39 characters is not well-formed"
    assert "belvedere key" in none.json()["next"]


def test_unknown_questions_are_counted_where_doctor_finds_them(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.data("query Viewer { viewer { shoeSize } }")
    client.error("mutation M { launchRocket }")
    told = client.asking.get("/api/protocol").json()
    assert told["unknown"] == {"User.shoeSize": 1, "operation M: Mutation.launchRocket": 1}
