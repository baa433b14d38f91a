"""The executor: what a text asks for is what comes back, under the names it asks for."""

from collections import Counter
from typing import Any, cast

import pytest

from belvedere.core.errors import NotFound
from belvedere.wandb_protocol.desk import Arguments, Asked, Desk, Fields, Node, Resolver
from belvedere.wandb_protocol.graphql import Request, answered, count_unknown, schema


def run(asked: Asked, parent: object, arguments: Arguments) -> Node:
    if arguments.get("name") == "none":
        raise NotFound("no run 'none'; `belvedere ls` lists all")
    return Node("Run", {"name": arguments.get("name"), "lr": 0.1, "tags": ["a", "b"], "missing": None})


def echo(asked: Asked, parent: object, arguments: Arguments) -> Arguments:
    return arguments


def page(asked: Asked, parent: object, arguments: Arguments) -> dict[str, object]:
    rows: list[object] = [{"node": Node("Run", {"name": "r0"})}, {"node": Node("Run", {"name": "r1"})}, None]
    return {"edges": rows, "pageInfo": {"hasNextPage": False}, "count": lambda asked, arguments: 2}


def broken(asked: Asked, parent: object, arguments: Arguments) -> object:
    raise ZeroDivisionError


def full(asked: Asked, parent: object, arguments: Arguments) -> object:
    raise OSError(28, "No space left on device")


def numbers(asked: Asked, parent: object, arguments: Arguments) -> list[object]:
    return [[{"loss": float("nan"), "up": float("inf"), "down": float("-inf")}, {"loss": 1.5}]]


def steps(asked: Asked, parent: object, arguments: Arguments) -> int:
    assert isinstance(parent, dict)
    return len(parent["name"])


def sequence(asked: Asked, parent: object, arguments: Arguments) -> Node:
    return Node("ArtifactSequence", {"name": "s"})


def told(asked: Asked, parent: object, arguments: Arguments) -> dict[str, object]:
    return {"__typename": "Run", "name": "plain", "steps": lambda asked, arguments: arguments}


FIELDS: Fields = {
    "Query": {
        "told": told,
        "run": run,
        "echo": echo,
        "runs": page,
        "broken": broken,
        "full": full,
        "numbers": numbers,
        "sequence": sequence,
    },
    "Mutation": {"echo": echo},
    "Run": {"steps": steps},
}


class Bare:
    """What the executor needs of a desk."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()


def ask(text: str, name: str | None = None, **variables: Any) -> dict[str, Any]:
    return answered(cast(Desk, Bare()), "http://here", Request(text, variables, name), FIELDS)


def data(text: str, **variables: Any) -> Any:
    found = ask(text, **variables)
    assert "errors" not in found, found
    return found["data"]


def error(text: str, **variables: Any) -> str:
    found = ask(text, **variables)
    assert found["data"] is None
    return str(found["errors"][0]["message"])


def test_a_field_is_answered_by_its_type_or_by_its_key() -> None:
    assert data('{ run(name: "abc") { name steps lr tags } }') == {
        "run": {"name": "abc", "steps": 3, "lr": 0.1, "tags": ["a", "b"]}
    }


def test_a_mapping_that_says_its_type_answers_by_its_own_keys() -> None:
    text = "{ told { __typename name steps(x: 1) ... on Run { id: name } ... on Sweep { id: steps } } }"
    assert data(text) == {"told": {"__typename": "Run", "name": "plain", "steps": {"x": 1}, "id": "plain"}}


def test_aliases_are_the_names_of_the_answer() -> None:
    text = 'query Q { first: run(name: "a") { id: name } second: run(name: "b") { id: name } }'
    assert data(text) == {"first": {"id": "a"}, "second": {"id": "b"}}


def test_lists_nothing_and_callables_are_opened() -> None:
    text = "{ runs { edges { node { name steps } } pageInfo { hasNextPage } count } }"
    assert data(text) == {
        "runs": {
            "edges": [{"node": {"name": "r0", "steps": 2}}, {"node": {"name": "r1", "steps": 2}}, None],
            "pageInfo": {"hasNextPage": False},
            "count": 2,
        }
    }


def test_variables_have_defaults_and_those_not_sent_are_left_out() -> None:
    text = """query Q($a: Int = 3, $b: String, $c: [String!] = ["x"], $d: String) {
        echo(a: $a, b: $b, c: $c, nested: {b: $b, one: 1, list: [$d, true, ON, 1.5, null]}, d: $d) }"""
    assert data(text, b=None) == {
        "echo": {"a": 3, "b": None, "c": ["x"], "nested": {"b": None, "one": 1, "list": [None, True, "ON", 1.5, None]}}
    }
    text = text.replace(", ON", ", false")
    assert data(text, a=5, d="y")["echo"] == {
        "a": 5, "c": ["x"], "nested": {"one": 1, "list": ["y", True, False, 1.5, None]}, "d": "y",
    }  # fmt: skip


def test_fragments_are_opened_each_once_and_only_for_their_type() -> None:
    text = """query Q { run(name: "a") { ...Known ...Known ... on Run { lr } ... on Sweep { other } ... { tags } } }
        fragment Known on Run { name ...Deeper } fragment Deeper on Run { steps }"""
    assert data(text) == {"run": {"name": "a", "steps": 1, "lr": 0.1, "tags": ["a", "b"]}}


def test_a_fragment_on_an_interface_speaks_of_its_types() -> None:
    text = """{ sequence { __typename ...Named ... on ArtifactPortfolio { other } } }
        fragment Named on ArtifactCollection { name }"""
    assert data(text) == {"sequence": {"__typename": "ArtifactSequence", "name": "s"}}


def test_include_and_skip_are_honoured() -> None:
    text = """query Q($yes: Boolean!, $no: Boolean = false) { run(name: "a") {
        name @include(if: $yes) lr @include(if: $no) steps @skip(if: $yes) tags @skip(if: false)
        ...More @include(if: $no) } } fragment More on Run { missing }"""
    assert data(text, yes=True) == {"run": {"name": "a", "tags": ["a", "b"]}}


def test_a_field_that_is_named_twice_is_asked_with_both_selections() -> None:
    assert data('{ run(name: "a") { name } run(name: "a") { lr } }') == {"run": {"name": "a", "lr": 0.1}}


def test_the_type_is_told_also_where_only_a_fragment_knows_it() -> None:
    text = (
        "{ __typename runs { pageInfo { ...P } edges { node { __typename } } } } fragment P on PageInfo { __typename }"
    )
    assert data(text) == {
        "__typename": "Query",
        "runs": {
            "pageInfo": {"__typename": "PageInfo"},
            "edges": [{"node": {"__typename": "Run"}}, {"node": {"__typename": "Run"}}, None],
        },
    }


def test_an_unknown_field_is_nothing_and_counted() -> None:
    bare = Bare()
    text = '{ run(name: "a") { name colour { red } } runs { total } }'
    for _ in range(2):
        found = answered(cast(Desk, bare), "", Request(text, {}), FIELDS)
    assert found == {"data": {"run": {"name": "a", "colour": None}, "runs": {"total": None}}}
    assert bare.unknown == {"Run.colour": 2, "value.total": 2}


def test_an_unknown_operation_is_an_error_that_names_it_and_does_nothing() -> None:
    bare = Bare()
    done: list[object] = []
    fields: Fields = {"Mutation": {"known": cast(Resolver, lambda asked, parent, arguments: done.append(1))}}
    text = "mutation LaunchRocket { known launchRocket(input: {}) { success } }"
    found = answered(cast(Desk, bare), "", Request(text, {}), fields)
    message = found["errors"][0]["message"]  # type: ignore[index]
    assert (found["data"], done) == (None, [])
    assert message.startswith("operation LaunchRocket asks for Mutation.launchRocket, which this Belvedere server does")
    assert bare.unknown == {"operation LaunchRocket: Mutation.launchRocket": 1}


def test_different_unknown_names_are_counted_up_to_a_bound() -> None:
    bare = Bare()
    for number in range(1100):
        count_unknown(cast(Desk, bare), f"Run.x{number}")
    count_unknown(cast(Desk, bare), "Run.x0")
    assert (len(bare.unknown), bare.unknown["Run.x0"]) == (1000, 2)


def test_what_is_not_finite_travels_as_a_word() -> None:
    assert data("{ numbers }") == {"numbers": [[{"loss": "NaN", "up": "Infinity", "down": "-Infinity"}, {"loss": 1.5}]]}


def test_errors_of_resolvers_are_sentences_and_never_raised() -> None:
    assert error('{ run(name: "none") { name } }') == "no run 'none'; `belvedere ls` lists all"


def test_a_mistake_of_ours_is_an_answer_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert error("{ broken }") == "the server failed on this query (ZeroDivisionError); its own output says why"
    assert caplog.records[0].exc_info is not None


def test_a_fault_of_the_disk_is_said() -> None:
    assert error("{ full }") == (
        "the server cannot use its disk (No space left on device); make room there and try again"
    )


def test_the_operation_is_chosen_by_its_name() -> None:
    text = "query A { echo(x: 1) } query B { echo(x: 2) }"
    assert ask(text, "B")["data"] == {"echo": {"x": 2}}
    assert ask("query A { echo(x: 1) }", "Another")["data"] == {"echo": {"x": 1}}
    assert "has 2 operations" in error(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("query {", "is no GraphQL"),
        ("no graphql at all", "is no GraphQL"),
        ("subscription S { run { name } }", "subscriptions are not served"),
        ("fragment F on Run { name }", "has 0 operations"),
        ("{ run { ...Gone } }", "fragment 'Gone' is not in the query"),
        ("{ run { ...A } } fragment A on Run { ...B } fragment B on Run { ...A }", "names itself"),
        ("{ run " + "{ x " * 40 + "}" * 40 + " }", "41 levels deep"),
        ("{ run " + "{ x " * 4000 + "}" * 4000 + " }", "nested too deeply"),
        ("{ echo(x: " + "[" * 4000 + "]" * 4000 + ") }", "nested too deeply"),
        ("{ " + " ".join(f"a{i}: echo" for i in range(21)) + " }", "more than 20 fields"),
        ("{ run { " + " ".join(f"a{i}: name" for i in range(2001)) + " } }", "more than 2000 fields"),
        ("{ run { name " + "# " + "x" * 300_000 + "\n } }", "262144 are allowed"),
        ("{ run { " + "name " * 20_001 + " } }", "is no GraphQL"),
        ("{ echo(x: " + "9" * 5000 + ") }", "a number of 5000 digits"),
    ],
)  # fmt: skip
def test_bombs_and_nonsense_are_refused_with_a_sentence(text: str, why: str) -> None:
    assert why in error(text)


def test_fragments_that_double_each_other_are_refused() -> None:
    doubling = " ".join(f"fragment F{i} on Run {{ a{i} {{ ...F{i + 1} }} b{i} {{ ...F{i + 1} }} }}" for i in range(30))
    assert "more than 2000 fields" in error("{ run { ...F0 } } " + doubling + " fragment F30 on Run { name }")


def test_no_two_modules_answer_the_same_field() -> None:
    from belvedere.core.registry import modules

    counted = Counter(
        f"{kind}.{name}"
        for module in modules("belvedere.wandb_protocol.fields")
        for kind, resolvers in module.FIELDS.items()
        for name in resolvers
    )
    assert [name for name, count in counted.items() if count > 1] == []
    assert counted.total() == sum(len(resolvers) for resolvers in schema().values())
