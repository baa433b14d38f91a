"""Host, Origin and token: who may talk to the server."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from belvedere.server.auth import Gate, is_loopback, new_token
from belvedere.wandb_protocol.keys import key_of
from tests.server.asking import Asking
from tests.wandb_protocol.speaking import basic


def client(host: str = "127.0.0.1", *, token: str | None = None, allowed: tuple[str, ...] = ()) -> Asking:
    def hello(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"hello {request.url.query}")

    app = Starlette(routes=[Route("/{path:path}", hello, methods=["GET", "PUT", "POST", "DELETE"])])
    gate = Gate(app, bound_host=host, allowed_hosts=allowed, token=token)
    return Asking(gate)


@pytest.mark.parametrize("host", ["127.0.0.1:7007", "localhost:7007", "LOCALHOST", "[::1]:7007", "localhost:1234"])
def test_names_of_this_machine_pass(host: str) -> None:
    assert client().get("/api/x", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7007", "localhost.evil.example", "127.0.0.1.nip.io",
                                  "evil.example@127.0.0.1", "127.0.0.1/x", "192.168.1.5", "[::1"])  # fmt: skip
def test_a_name_that_someone_else_pointed_at_us_does_not(host: str) -> None:
    answer = client().get("/api/x", headers={"Host": host})
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "next"}


def test_a_name_can_be_allowed() -> None:
    assert client(allowed=("gpu-box",)).get("/", headers={"Host": "gpu-box:7007"}).status_code == 200


def test_bound_to_all_addresses_numbers_pass_and_foreign_names_do_not() -> None:
    open_client = client("0.0.0.0", token="t")
    bearer = {"Authorization": "Bearer t"}
    assert open_client.get("/api/x", headers={"Host": "192.168.1.5:7007", **bearer}).status_code == 200
    assert open_client.get("/api/x", headers={"Host": "evil.example", **bearer}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://127.0.0.1:8000"}, {"Origin": "http://localhost:7007"}],
)  # fmt: skip
def test_another_site_cannot_change_anything(method: str, headers: dict[str, str]) -> None:
    assert client().request(method, "/api/x", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://127.0.0.1:7007"}, {"Sec-Fetch-Site": "same-origin"}])
def test_our_page_and_programs_can(headers: dict[str, str]) -> None:
    assert client().put("/api/x", headers=headers).status_code == 200


def test_without_the_token_nothing_is_told() -> None:
    locked = client("0.0.0.0", token="secret")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}, {"Cookie": "a=b; ;;=,"},
                    {"Authorization": "Bearer \xe4".encode("latin-1").decode("latin-1")}):  # fmt: skip
        answer = locked.get("/api/x", headers={key: value.encode("latin-1") for key, value in headers.items()})
        assert answer.status_code == 401
        assert "token" in answer.json()["next"]
    assert locked.get("/").status_code == 401
    assert locked.get("/api/x?token=secret").status_code == 401  # an address is no place for a secret but once
    assert locked.put("/?token=secret").status_code == 401


def test_the_token_opens_by_header_and_by_cookie() -> None:
    locked = client("0.0.0.0", token="secret")
    assert locked.get("/api/x", headers={"Authorization": "Bearer secret"}).status_code == 200
    entry = locked.get("/project/p?token=secret&x=1")
    assert entry.status_code == 303
    assert entry.headers["location"] == "/project/p?x=1"
    cookie = entry.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert locked.get("/api/x").status_code == 200


def test_the_entry_does_not_send_people_elsewhere() -> None:
    entry = client("0.0.0.0", token="secret").get("//evil.example/?token=secret")
    assert entry.headers["location"].startswith("/evil") or entry.headers["location"] == "/"


def test_every_answer_tells_the_browser_to_be_careful() -> None:
    headers = client().get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_which_addresses_are_only_this_machine() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "", "::", "192.168.1.5", "gpu-box")] == [False] * 5
    assert len(new_token()) >= 32
    assert new_token() != new_token()


# ---- the doors of W&B's client ---------------------------------------------------------------------------------------

KEYED = ["/graphql", "/files/e/p/run1/file_stream"]


@pytest.mark.parametrize("path", KEYED)
def test_the_doors_of_wandb_ask_for_a_key(path: str) -> None:
    assert client().request("POST", path, headers=basic("k" * 40)).status_code == 200
    for headers in ({}, basic("k" * 39), {"Authorization": "Bearer short"}):
        answer = client().request("POST", path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["next"] == "set WANDB_API_KEY to what `belvedere key` prints"
        assert answer.json()["errors"][0]["message"].endswith(answer.json()["next"])


@pytest.mark.parametrize("path", KEYED)
def test_with_a_token_only_its_own_key_opens_them(path: str) -> None:
    locked = client("0.0.0.0", token="secret")
    assert locked.request("POST", path, headers=basic(key_of("secret"))).status_code == 200
    assert locked.request("POST", path, headers={"Authorization": "Bearer secret"}).status_code == 200
    for key in ("k" * 40, key_of(None), key_of("Secret"), key_of("secret").upper()):
        answer = locked.request("POST", path, headers=basic(key))
        assert answer.status_code == 401
        assert "--token" in answer.json()["next"]


def test_a_key_opens_no_other_door() -> None:
    locked = client("0.0.0.0", token="secret")
    for path in ("/api/runs", "/", "/graphqlx/../api/runs", "/p/run1"):
        assert locked.get(path, headers=basic(key_of("secret"))).status_code == 401


def test_files_are_read_with_a_key_and_on_this_machine_without() -> None:
    path = "/files/e/p/run1/config.yaml"
    assert client().get(path).status_code == 200
    assert client().get(path, headers=basic("short")).status_code == 401
    locked = client("0.0.0.0", token="secret")
    assert locked.get(path).status_code == 401
    assert locked.get(path, headers=basic(key_of("secret"))).status_code == 200


def test_a_signed_address_needs_no_key_and_telemetry_neither() -> None:
    locked = client("0.0.0.0", token="secret")
    assert locked.put("/signed/files/abc/p/run1/x").status_code == 200
    assert locked.request("POST", "/sdk/otel/v1/metrics").status_code == 200


@pytest.mark.parametrize("path", [*KEYED, "/signed/files/abc/p/run1/x"])
def test_another_site_cannot_use_the_doors_of_wandb(path: str) -> None:
    headers = {**basic("k" * 40), "Origin": "http://evil.example"}
    assert client().request("POST", path, headers=headers).status_code == 403
    assert client().request("POST", path, headers={**basic("k" * 40), "Host": "evil.example"}).status_code == 403
