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
