"""Artifacts over the protocol: versions, aliases, what is the same, what is linked, what lies."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.wandb_protocol.artifacts.logging import COMMIT, CREATE, FILES, MANIFEST, Artifacts, entry, md5
from tests.wandb_protocol.speaking import Speaking

FILE_URLS = """query FileUrls($collection: String!, $alias: String!, $cursor: String, $perPage: Int) {
    project(name: "p") { artifactCollection(name: $collection) { __typename artifactMembership(aliasName: $alias) {
        files(after: $cursor, first: $perPage) { pageInfo { endCursor hasNextPage }
            edges { node { name directUrl } } } } } } }"""
ALIASES = """mutation AddAliases($input: AddAliasesInput!) { result: %s(input: $input) { success } }"""
DELETE = """mutation DeleteArtifact($input: DeleteArtifactInput!) { result: deleteArtifact(input: $input) {
    artifact { id } } }"""


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(Speaking(tmp_path))


def test_what_is_logged_comes_back_byte_for_byte(artifacts: Artifacts) -> None:
    files = {"a.txt": b"hello", "sub/b.bin": bytes(range(256)), "empty": b""}
    artifacts.log("ds", files, metadata='{"n": 3}', description="words")
    found = artifacts.named("ds:latest")["artifact"]
    said = {key: found[key] for key in ("state", "size", "fileCount", "description", "metadata", "versionIndex")}
    assert said == {
        "state": "COMMITTED", "size": 261, "fileCount": 3, "description": "words", "metadata": '{"n": 3}',
        "versionIndex": 0,
    }  # fmt: skip
    assert found["artifactSequence"] == {"__typename": "ArtifactSequence", "name": "ds"}
    page = artifacts.client.data(FILE_URLS, collection="ds", alias="v0", perPage=100)
    edges = page["project"]["artifactCollection"]["artifactMembership"]["files"]["edges"]
    assert {edge["node"]["name"]: artifacts.get(edge["node"]["directUrl"]).content for edge in edges} == files


def test_files_come_in_pages(artifacts: Artifacts) -> None:
    artifacts.log("ds", {f"{i}.txt": b"x" for i in range(5)})
    names, cursor = [], None
    for _ in range(3):
        page = artifacts.client.data(FILE_URLS, collection="ds", alias="latest", cursor=cursor, perPage=2)
        files = page["project"]["artifactCollection"]["artifactMembership"]["files"]
        names.append([edge["node"]["name"] for edge in files["edges"]])
        cursor = files["pageInfo"]["endCursor"]
    assert names == [["0.txt", "1.txt"], ["2.txt", "3.txt"], ["4.txt"]]
    assert files["pageInfo"]["hasNextPage"] is False


def test_versions_count_and_latest_moves(artifacts: Artifacts) -> None:
    artifacts.log("ds", {"a": b"1"}, aliases=[{"alias": "latest"}, {"alias": "best"}])
    artifacts.log("ds", {"a": b"2"})
    assert (artifacts.aliases("ds:v0"), artifacts.aliases("ds:v1")) == (["best"], ["latest"])
    assert artifacts.named("ds:best")["versionIndex"] == 0
    assert artifacts.named("ds")["versionIndex"] == 1
    assert artifacts.named("ds:v2") is artifacts.named("nothing:latest") is None


def test_the_same_content_is_no_new_version_and_takes_the_aliases(artifacts: Artifacts) -> None:
    first = artifacts.log("ds", {"a": b"1"})
    artifacts.log("ds", {"a": b"2"})
    again = artifacts.log("ds", {"a": b"1"}, aliases=[{"alias": "latest"}, {"alias": "back"}])
    assert again == first
    assert artifacts.aliases("ds:v0") == ["back", "latest"]
    assert artifacts.named("ds:v2") is None


def test_an_artifact_that_is_sent_again_is_the_one_that_is_here(artifacts: Artifacts) -> None:
    made = artifacts.log("ds", {"a": b"1"}, clientID="mine")
    again = artifacts.announce("ds", "another digest", clientID="mine")
    assert (again["id"], again["state"]) == (made, "COMMITTED")
    mapping = artifacts.client.data('query Q { clientIDMapping(clientID: "mine") { serverID } }')
    assert mapping == {"clientIDMapping": {"serverID": made}}
    assert artifacts.client.data('query Q { clientIDMapping(clientID: "other") { serverID } }') == {
        "clientIDMapping": None
    }


def test_a_commit_that_is_sent_again_changes_nothing(artifacts: Artifacts) -> None:
    made = artifacts.log("ds", {"a": b"1"})
    assert artifacts.client.data(COMMIT, artifactID=made)["commitArtifact"]["artifact"]["id"] == made
    assert artifacts.named("ds:v1") is None


def test_what_was_committed_is_there_after_a_restart(artifacts: Artifacts, tmp_path: Path) -> None:
    artifacts.log("ds", {"a": b"1"}, aliases=[{"alias": "gold"}])
    pending = artifacts.announce("ds", "never finished")
    after = Artifacts(Speaking(tmp_path), clients=9)
    assert after.aliases("ds:v0") == ["gold", "latest"]
    assert after.file(pending["id"], "x", b"1")["uploadUrl"] is None  # that content is here
    address = after.file(pending["id"], "x", b"new")["uploadUrl"]
    assert artifacts.put(address, b"new").status_code == 200  # the old server knows the new one's addresses


def test_a_content_that_is_here_is_not_asked_for_again(artifacts: Artifacts) -> None:
    artifacts.log("ds", {"a": b"1"})
    made = artifacts.announce("other", "d")
    node = artifacts.file(made["id"], "b", b"1")
    assert (node["uploadUrl"], node["uploadMultipartUrls"], node["artifact"]["id"]) == (None, None, made["id"])


def test_an_incremental_manifest_adds_to_its_base(artifacts: Artifacts) -> None:
    base = artifacts.log("ds", {"a": b"1", "b": b"2"})
    made = artifacts.announce("ds", "d2")
    assert made["artifactSequence"]["latestArtifact"]["id"] == base
    assert artifacts.put(artifacts.file(made["id"], "b", b"3")["uploadUrl"], b"3").status_code == 200
    artifacts.manifest(made["id"], {"b": entry(b"3")}, "INCREMENTAL", base)
    artifacts.client.data(COMMIT, artifactID=made["id"])
    found = artifacts.named("ds:latest")["artifact"]
    assert (found["fileCount"], found["size"], found["versionIndex"]) == (2, 2, 1)


def test_references_are_named_and_not_stored(artifacts: Artifacts) -> None:
    made = artifacts.announce("refs", "d")
    artifacts.manifest(made["id"], {"far": {"digest": "etag", "ref": "s3://bucket/far", "size": 7}})
    artifacts.client.data(COMMIT, artifactID=made["id"])
    page = artifacts.client.data(FILE_URLS, collection="refs", alias="v0", perPage=9)
    (edge,) = page["project"]["artifactCollection"]["artifactMembership"]["files"]["edges"]
    assert edge["node"] == {"name": "far", "directUrl": "s3://bucket/far"}


def test_aliases_are_added_and_taken_away(artifacts: Artifacts) -> None:
    made = artifacts.log("ds", {"a": b"1"})
    named = {"artifactCollectionName": "ds", "entityName": "e", "projectName": "p"}
    for mutation, alias in (("addAliases", "gold"), ("addAliases", "old"), ("deleteAliases", "old")):
        change = {"artifactID": made, "aliases": [{**named, "alias": alias}]}
        assert artifacts.client.data(ALIASES % mutation, input=change) == {"result": {"success": True}}
    assert artifacts.aliases("ds:v0") == ["gold", "latest"]
    why = artifacts.client.error(
        ALIASES % "addAliases", input={"artifactID": made, "aliases": [{**named, "alias": "v7"}]}
    )
    assert why == "v0, v1 … are numbers of versions and cannot be aliases; choose another name"


def test_description_metadata_and_tags_change(artifacts: Artifacts) -> None:
    made = artifacts.log("ds", {"a": b"1"}, description="before")
    text = (
        "mutation U($input: I!) { updateArtifact(input: $input) { artifact { description metadata tags { name } } } }"
    )
    tags = [{"tagName": "t1"}, {"tagName": "t2"}]
    artifacts.client.data(text, input={"artifactID": made, "metadata": '{"k": 1}', "tagsToAdd": tags})
    changed = artifacts.client.data(text, input={"artifactID": made, "tagsToDelete": [{"tagName": "t1"}]})
    assert changed["updateArtifact"]["artifact"] == {
        "description": "before", "metadata": '{"k": 1}', "tags": [{"name": "t2"}],
    }  # fmt: skip


def test_a_link_is_a_version_of_a_portfolio_in_any_project(artifacts: Artifacts) -> None:
    made = artifacts.log("ds", {"a": b"1"})
    link = """mutation LinkArtifact($input: L!) { linkArtifact(input: $input) { versionIndex
        artifactMembership { artifactCollection { __typename name project { name } } } } }"""
    wish = {
        "artifactID": made,
        "artifactPortfolioName": "models",
        "projectName": "registry",
        "aliases": [{"alias": "prod"}],
    }
    first = artifacts.client.data(link, input=wish)["linkArtifact"]
    assert first == artifacts.client.data(link, input=wish)["linkArtifact"]
    assert first == {
        "versionIndex": 0,
        "artifactMembership": {
            "artifactCollection": {"__typename": "ArtifactPortfolio", "name": "models", "project": {"name": "registry"}}
        },
    }
    found = artifacts.named("models:prod", "registry")
    assert (found["artifact"]["id"], found["artifact"]["artifactSequence"]["name"]) == (made, "ds")
    portfolio = artifacts.client.data(
        'query Q { project(name: "registry") { artifactCollection(name: "models") { id } } }'
    )
    unlink = "mutation U($input: I!) { unlinkArtifact(input: $input) { success } }"
    wish = {"artifactID": made, "artifactPortfolioID": portfolio["project"]["artifactCollection"]["id"]}
    assert artifacts.client.data(unlink, input=wish) == {"unlinkArtifact": {"success": True}}
    assert artifacts.named("models:prod", "registry") is None


def test_a_deleted_version_is_gone_wherever_it_was_linked(artifacts: Artifacts) -> None:
    artifacts.log("ds", {"a": b"1"})
    made = artifacts.log("ds", {"a": b"2"})
    artifacts.client.data(
        "mutation L($input: L!) { linkArtifact(input: $input) { versionIndex } }",
        input={"artifactID": made, "artifactPortfolioName": "models", "projectName": "p"},
    )
    why = artifacts.client.error(DELETE, input={"artifactID": made})
    assert why == "the artifact has the aliases latest; delete it with delete_aliases=True"
    artifacts.client.data(DELETE, input={"artifactID": made, "deleteAliases": True})
    assert artifacts.named("ds:v1") is artifacts.named("models:latest") is None
    assert artifacts.aliases("ds:v0") == ["latest"]
    artifacts.log("ds", {"a": b"3"})
    assert artifacts.named("ds:latest")["versionIndex"] == 2  # a number is given once


def test_runs_know_what_they_logged_and_used(artifacts: Artifacts) -> None:
    artifacts.client.start()
    made = artifacts.log("ds", {"a": b"1"})
    use = "mutation UseArtifact($input: U!) { useArtifact(input: $input) { artifact { id } } }"
    wish = {"artifactID": made, "projectName": "p", "runName": "run1"}
    for _ in range(2):
        artifacts.client.data(use, input=wish)
    artifacts.client.start("run2")
    assert artifacts.log("ds", {"a": b"1"}, runName="run2") == made
    text = """query R($id: ID!) { project(name: "p") { run(name: "run1") {
        outputArtifacts { totalCount edges { node { id } } } inputArtifacts { totalCount edges { node { id } } } } }
        artifact(id: $id) { usedBy { edges { node { __typename name } } }
            createdBy { __typename ... on Run { name } } } }"""
    asked = artifacts.client.data(text, id=made)
    one = {"totalCount": 1, "edges": [{"node": {"id": made}}]}
    assert asked["project"]["run"] == {"outputArtifacts": one, "inputArtifacts": one}
    again = artifacts.client.data(text.replace("run1", "run2"), id=made)["project"]["run"]
    assert again["outputArtifacts"] == one and again["inputArtifacts"]["totalCount"] == 0
    run = {"__typename": "Run", "name": "run1"}
    assert asked["artifact"] == {"usedBy": {"edges": [{"node": run}]}, "createdBy": run}


def test_types_and_collections_are_listed(artifacts: Artifacts) -> None:
    artifacts.log("ds", {"a": b"1"})
    artifacts.log("net", {"a": b"2"}, artifactTypeName="model")
    artifacts.log("net", {"a": b"3"}, artifactTypeName="model")
    asked = artifacts.client.data("""query Q { project(name: "p") { artifactTypes { edges { node { name } } }
        artifactCollections { totalCount edges { node { name } } }
        artifactType(name: "model") { artifactCollection(name: "net") { type: defaultArtifactType { name }
            rising: artifacts(order: "+created_at", first: 1) { edges { version } }
            artifacts { totalCount edges { version node { versionIndex } } } aliases { edges { node { alias } } } } }
        nothing: artifactType(name: "nothing") { name } } }""")["project"]  # fmt: skip
    assert asked == {
        "artifactTypes": {"edges": [{"node": {"name": "dataset"}}, {"node": {"name": "model"}}]},
        "artifactCollections": {"totalCount": 2, "edges": [{"node": {"name": "ds"}}, {"node": {"name": "net"}}]},
        "artifactType": {
            "artifactCollection": {
                "type": {"name": "model"},
                "rising": {"edges": [{"version": "v0"}]},
                "artifacts": {
                    "totalCount": 2,
                    "edges": [{"version": f"v{number}", "node": {"versionIndex": number}} for number in (1, 0)],
                },
                "aliases": {"edges": [{"node": {"alias": "latest"}}]},
            }
        },
        "nothing": None,
    }


def test_a_collection_is_renamed_tagged_and_deleted(artifacts: Artifacts) -> None:
    made = artifacts.log("ds", {"a": b"1"})
    found = artifacts.client.data('query Q { project(name: "p") { artifactCollection(name: "ds") { id } } }')
    collection_id = found["project"]["artifactCollection"]["id"]
    text = """mutation M($input: I!) { updateArtifactSequence(input: $input) {
        artifactCollection { name description } } }"""
    changed = artifacts.client.data(
        text, input={"artifactSequenceID": collection_id, "name": "new", "description": "d"}
    )
    assert changed["updateArtifactSequence"]["artifactCollection"] == {"name": "new", "description": "d"}
    tags = "mutation M($input: I!) { createArtifactCollectionTagAssignments(input: $input) { tags { name } } }"
    wish = {"projectName": "p", "artifactCollectionName": "new", "tags": [{"tagName": "t"}]}
    assert artifacts.client.data(tags, input=wish) == {
        "createArtifactCollectionTagAssignments": {"tags": [{"name": "t"}]}
    }
    delete = "mutation M($input: I!) { deleteArtifactSequence(input: $input) { artifactCollection { state } } }"
    gone = artifacts.client.data(delete, input={"artifactSequenceID": collection_id})
    assert gone["deleteArtifactSequence"]["artifactCollection"] == {"state": "DELETED"}
    assert artifacts.named("new:latest") is None
    assert artifacts.client.data("query Q($id: ID!) { artifact(id: $id) { id } }", id=made) == {"artifact": None}


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\0b", "", "..\\x", "C:/x", "x" * 1025])
def test_a_file_that_would_lie_elsewhere_is_refused(artifacts: Artifacts, path: str) -> None:
    made = artifacts.announce("ds", "d")
    wish = {"artifactFiles": [{"artifactID": made["id"], "name": path, "md5": md5(b"x")}]}
    assert "use a relative path without '..'" in artifacts.client.error(FILES, input=wish)
    artifacts.manifest(made["id"], {path: {"digest": "x", "ref": "http://x"}})
    assert "use a relative path without '..'" in artifacts.client.error(COMMIT, artifactID=made["id"])


def test_a_manifest_that_lies_is_refused(artifacts: Artifacts) -> None:
    made = artifacts.announce("ds", "d")
    assert artifacts.client.error(COMMIT, artifactID=made["id"]).startswith("the artifact has no manifest yet")
    artifacts.manifest(made["id"], {"a": entry(b"never sent")})
    assert "but that content never arrived" in artifacts.client.error(COMMIT, artifactID=made["id"])
    artifacts.put(artifacts.file(made["id"], "a", b"123")["uploadUrl"], b"123")
    artifacts.manifest(made["id"], {"a": entry(b"123", size=4)})
    assert "but that content has 3 bytes" in artifacts.client.error(COMMIT, artifactID=made["id"])
    assert artifacts.named("ds:latest") is None


@pytest.mark.parametrize("content", [b"no json", b"[]", b'{"contents": []}', b'{"contents": {"a": 5}}'])
def test_a_manifest_that_is_none_is_refused(artifacts: Artifacts, content: bytes) -> None:
    made = artifacts.announce("ds", "d")
    answer = artifacts.client.data(MANIFEST, artifactID=made["id"], digest=md5(content), type="FULL")
    artifacts.put(answer["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"], content)
    assert "cannot be read" in artifacts.client.error(COMMIT, artifactID=made["id"])


def test_a_content_that_is_not_what_was_announced_is_refused(artifacts: Artifacts, tmp_path: Path) -> None:
    made = artifacts.announce("ds", "d")
    address = artifacts.file(made["id"], "a", b"true")["uploadUrl"]
    answer = artifacts.put(address, b"false")
    assert (answer.status_code, "was announced" in answer.json()["error"]) == (422, True)
    assert artifacts.file(made["id"], "a", b"true")["uploadUrl"] == address  # still missing
    assert not [one for one in (tmp_path / "p" / ".artifacts" / "contents").rglob("*") if one.is_file()]


def test_an_upload_address_is_good_for_one_content_only(artifacts: Artifacts) -> None:
    made = artifacts.announce("ds", "d")
    address = artifacts.file(made["id"], "a", b"one")["uploadUrl"]
    other = address.rpartition("/")[0] + "/" + "0" * 32
    assert artifacts.put(other, b"two").status_code == 403
    assert artifacts.put(address.replace("/p/", "/q/"), b"one").status_code == 403
    assert artifacts.get(address + "/a").status_code == 403  # to write is not to read


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"artifactCollectionName": "a/b"}, "artifact name 'a/b' refused"),
        ({"artifactCollectionName": "a:v0"}, "artifact name 'a:v0' refused"),
        ({"artifactCollectionName": ""}, "artifact name '' refused"),
        ({"metadata": "[1]"}, "metadata '[1]' of an artifact are no JSON object"),
        ({"artifactTypeName": ""}, "without a type or a digest"),
        ({"aliases": [{"alias": "a/b"}]}, "alias 'a/b' refused"),
        ({"projectName": "../x"}, "project '../x' cannot be a folder name"),
        ({"artifactTypeName": "model"}, "'ds' holds artifacts of type 'dataset', not 'model'"),
    ],
)
def test_an_artifact_that_cannot_be_is_refused(artifacts: Artifacts, change: dict[str, Any], why: str) -> None:
    artifacts.log("ds", {"a": b"1"})
    wish = {
        "artifactCollectionName": "ds", "artifactTypeName": "dataset", "projectName": "p", "digest": "d",
        "clientID": "c", "aliases": [], **change,
    }  # fmt: skip
    assert why in artifacts.client.error(CREATE, input=wish)


def test_ids_that_are_none_are_refused(artifacts: Artifacts) -> None:
    artifacts.log("ds", {"a": b"1"})
    for bad in ("nonsense", "QXJ0aWZhY3Q6cDpub3RoaW5n", 7, None):
        assert artifacts.client.error(COMMIT, artifactID=bad)
    assert artifacts.client.data('query Q { artifact(id: "nonsense") { id } }') == {"artifact": None}


def test_a_damaged_file_costs_its_version_only(artifacts: Artifacts, tmp_path: Path, caplog: Any) -> None:
    first = artifacts.log("ds", {"a": b"1"})
    artifacts.log("ds", {"a": b"2"})
    path = next(one for one in (tmp_path / "p/.artifacts/versions").iterdir() if json.loads(one.read_text())["run_id"])
    damaged = json.loads(path.read_text())["id"]
    path.write_text("{")
    after = Artifacts(Speaking(tmp_path))
    found = [one for one in ("ds:v0", "ds:v1") if after.named(one)]
    assert len(found) == 1
    assert f"passed over {damaged}.json" in caplog.text
    assert first
