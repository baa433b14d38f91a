"""Login: who one is, and what the server can do."""

from pathlib import Path

from tests.wandb_protocol.speaking import Speaking

VIEWER = """query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }"""


def test_a_login_learns_who_it_is(tmp_path: Path) -> None:
    assert Speaking(tmp_path).data(VIEWER) == {
        "viewer": {
            "id": "belvedere-user", "entity": "belvedere", "username": "belvedere", "email": "", "flags": "{}",
            "teams": {"edges": []},
        }
    }  # fmt: skip


def test_the_server_offers_gzip_and_nothing_else(tmp_path: Path) -> None:
    text = "query ServerFeaturesQuery { serverInfo { features { name isEnabled } } }"
    assert Speaking(tmp_path).data(text) == {
        "serverInfo": {"features": [{"name": "FILESTREAM_GZIP", "isEnabled": True}]}
    }


def test_every_entity_is_there_and_belongs_to_no_organization(tmp_path: Path) -> None:
    text = """query Q($entityName: String!) { entity(name: $entityName) {
        name organization { coreWeaveOrganizationId } user { username } } }"""
    assert Speaking(tmp_path).data(text, entityName="my-team") == {
        "entity": {"name": "my-team", "organization": None, "user": {"username": "belvedere"}}
    }


def test_nothing_that_logins_ask_for_is_unknown(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.data(VIEWER)
    assert client.desk.unknown == {}


def test_what_only_a_service_has_is_empty_or_refused_in_a_sentence(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    lists = """query Q { entity(name: "e") { integrations { edges { node { id } } pageInfo { hasNextPage } } }
        project(name: "p") { allViews { edges { cursor } } } }"""
    (tmp_path / "p").mkdir()
    found = client.data(lists)
    assert found["entity"] == {"integrations": {"edges": [], "pageInfo": {"hasNextPage": False}}}
    assert found["project"] == {"allViews": {"edges": []}}
    queue = 'query Q { project(name: "p") { runQueue(name: "q") { id } } }'
    for text in ("mutation M { upsertRunQueue { id } }", queue):
        assert client.error(text).startswith("launch queues and jobs are not served by Belvedere; start runs with")
    assert client.desk.unknown == {}
