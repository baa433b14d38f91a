"""GET …/findings: what is wrong with a run, and what could not be checked."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.analysis.diagnose import Diagnosis, diagnose
from belvedere.analysis.rule import Finding as Found
from belvedere.server.answers import answer
from belvedere.server.place import place_of, run_name
from belvedere.server.schemas import Evidence, Finding, Findings, NotChecked


def findings(request: Request) -> Response:
    """The diagnosis of one run."""
    run = place_of(request).library.run(run_name(request))
    return answer(told(diagnose(run)))


def told(diagnosis: Diagnosis) -> Findings:
    """A diagnosis as the server tells it."""
    silent = [NotChecked(rule.rule, rule.reason) for rule in diagnosis.not_checked]
    return Findings([_finding(found) for found in diagnosis.findings], silent)


def _finding(found: Found) -> Finding:
    evidence = [Evidence(item.series, item.text, item.step, item.value) for item in found.evidence]
    return Finding(
        found.rule, found.title, found.severity, found.first_step, found.last_step, evidence, found.cause, found.action
    )


ROUTES = [Route("/api/runs/{project}/{id}/findings", findings)]
