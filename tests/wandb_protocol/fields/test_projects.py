"""Projects and the pages of their runs, as `Api().projects` and `Api().runs` ask for them."""

from pathlib import Path

from tests.wandb_protocol.landed import BEGAN, land
from tests.wandb_protocol.speaking import Speaking

PROJECTS = """query GetProjects($entity: String, $cursor: String, $perPage: Int = 50) {
    models(entityName: $entity, after: $cursor, first: $perPage) {
        pageInfo { __typename endCursor hasNextPage }
        edges { node { __typename id name entityName createdAt isBenchmark user { ...U } } } } }
    fragment U on User { id name username email admin flags entity deletedAt apiKeys { edges { node { id } } }
        teams { edges { node { name } } } }"""
RUNS = """query Runs($project: String!, $cursor: String, $perPage: Int = 50, $order: String, $filters: JSONString) {
    project(name: $project, entityName: "team") { internalId runCount(filters: $filters) readOnly
        runs(filters: $filters, after: $cursor, first: $perPage, order: $order) {
            edges { node { projectId name } cursor } pageInfo { endCursor hasNextPage } } } }"""


def listed(client: Speaking, **variables: object) -> list[str]:
    """The names of all runs, page by page."""
    names, cursor, more = [], None, True
    while more:
        runs = client.data(RUNS, project="p", cursor=cursor, **variables)["project"]["runs"]
        names += [edge["node"]["name"] for edge in runs["edges"]]
        cursor, more = runs["pageInfo"]["endCursor"], runs["pageInfo"]["hasNextPage"]
    return names


def test_projects_are_folders_with_runs_and_empty_ones(tmp_path: Path) -> None:
    for project in ("b", "a"):
        land(tmp_path, project=project)
    (tmp_path / "c").mkdir()
    (tmp_path / "not runs").mkdir()
    (tmp_path / "not runs" / "file").touch()
    client = Speaking(tmp_path)
    first = client.data(PROJECTS, entity="team", perPage=2)["models"]
    assert [(edge["node"]["name"], edge["node"]["entityName"]) for edge in first["edges"]] == [
        ("a", "team"),
        ("b", "team"),
    ]
    assert first["edges"][0]["node"]["createdAt"] == "2023-11-14T22:13:20Z"
    assert first["pageInfo"] == {"__typename": "PageInfo", "endCursor": "b", "hasNextPage": True}
    second = client.data(PROJECTS, entity="team", perPage=2, cursor="b")["models"]
    assert [edge["node"]["name"] for edge in second["edges"]] == ["c"]
    assert second["edges"][0]["node"]["createdAt"].endswith("Z")
    assert second["pageInfo"]["hasNextPage"] is False
    assert client.desk.unknown == {}


def test_a_project_that_is_not_there_is_null(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    for name in ("nowhere", "../etc", ".", ""):
        assert client.data(RUNS, project=name) == {"project": None}


def test_runs_are_listed_page_by_page(tmp_path: Path) -> None:
    for number in range(7):
        land(tmp_path, f"run{number}", number=number)
    client = Speaking(tmp_path)
    every = [f"run{number}" for number in range(7)]
    assert listed(client, perPage=3, order="+created_at") == every
    assert listed(client, perPage=2, order="-created_at") == every[::-1]
    assert listed(client, perPage=7) == every
    assert listed(client) == every
    assert client.data(RUNS, project="p", filters='{"name": {"$in": ["run1", "run3"]}}')["project"]["runCount"] == 2
    assert listed(client, perPage=1, filters='{"name": {"$in": ["run1", "run3"]}}') == ["run1", "run3"]
    assert client.desk.unknown == {}


def test_a_run_that_comes_between_two_pages_doubles_nothing(tmp_path: Path) -> None:
    for number in range(4):
        land(tmp_path, f"run{number}", number=number)
    client = Speaking(tmp_path)
    first = client.data(RUNS, project="p", perPage=2, order="-created_at")["project"]["runs"]
    land(tmp_path, "newest", number=9)
    cursor = first["pageInfo"]["endCursor"]
    second = client.data(RUNS, project="p", perPage=2, order="-created_at", cursor=cursor)["project"]["runs"]
    assert [edge["node"]["name"] for edge in (*first["edges"], *second["edges"])] == ["run3", "run2", "run1", "run0"]


def test_the_last_runs_are_found_from_the_end(tmp_path: Path) -> None:
    for number in range(5):
        land(tmp_path, f"run{number}", number=number)
    text = """query Q($before: String) { project(name: "p") { runs(last: 2, before: $before) {
        edges { node { name } cursor } pageInfo { hasPreviousPage startCursor } } } }"""
    client = Speaking(tmp_path)
    last = client.data(text)["project"]["runs"]
    assert [edge["node"]["name"] for edge in last["edges"]] == ["run3", "run4"]
    assert last["pageInfo"]["hasPreviousPage"] is True
    before = client.data(text, before=last["pageInfo"]["startCursor"])["project"]["runs"]
    assert [edge["node"]["name"] for edge in before["edges"]] == ["run1", "run2"]


def test_a_cursor_that_nobody_gave_is_refused(tmp_path: Path) -> None:
    land(tmp_path)
    assert "is no cursor of this server" in Speaking(tmp_path).error(RUNS, project="p", cursor="abc")


def test_a_filter_with_an_unknown_operator_is_refused_by_name(tmp_path: Path) -> None:
    land(tmp_path)
    error = Speaking(tmp_path).error(RUNS, project="p", filters='{"config.lr": {"$near": 1}}')
    assert error.startswith("filter operator '$near' is not known here; use one of $gt, $gte")


def test_a_project_can_be_made_before_its_first_run(tmp_path: Path) -> None:
    text = """mutation CreateProject($input: UpsertModelInput!) { result: upsertModel(input: $input) {
        project { id name entityName description access views } inserted } }"""
    client = Speaking(tmp_path)
    made = client.data(text, input={"name": "fresh", "entityName": "team"})["result"]
    assert (made["project"]["name"], made["project"]["entityName"], made["inserted"]) == ("fresh", "team", True)
    assert client.data(text, input={"name": "fresh"})["result"]["inserted"] is False
    assert client.data(RUNS, project="fresh")["project"]["runCount"] == 0
    assert "cannot be a folder name" in client.error(text, input={"name": "../x"})


def test_whole_projects_are_not_deleted_from_here(tmp_path: Path) -> None:
    land(tmp_path)
    client = Speaking(tmp_path)
    assert "projects are deleted and renamed on the server's disk" in client.error(
        """mutation D { deleteModel(input: {id: "x"}) { success } }"""
    )
    assert listed(client) == ["run1"]


def test_a_project_says_when_its_first_run_began(tmp_path: Path) -> None:
    land(tmp_path, "later", number=1)
    land(tmp_path, "first")
    text = 'query Q { entity(name: "team") { project(name: "p") { createdAt entityName entity { name } } } }'
    assert BEGAN == 1_700_000_000.0
    assert Speaking(tmp_path).data(text)["entity"]["project"] == {
        "createdAt": "2023-11-14T22:13:20Z", "entityName": "team", "entity": {"name": "team"},
    }  # fmt: skip
