"""What belongs to W&B's service and has no counterpart here: lists of it are empty, changes are refused in one
sentence. Neither counts as unknown."""

from collections.abc import Mapping

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Resolver

NOTHING: Mapping[str, object] = {"edges": [], "pageInfo": {"endCursor": None, "hasNextPage": False}, "totalCount": 0}
USERS = "users, teams and organizations", "whoever holds the key is the one user"
QUEUES = "launch queues and jobs", "start runs with `wandb agent`, or by hand"
AUTOMATIONS = "automations and their integrations", "ask for new runs or versions from a script of your own"
CHARTS = "custom chart presets", "log a Plotly figure, or one of wandb.plot.*"
REPORTS = "reports", "open the page of the project"


def refusal(what: tuple[str, str]) -> Resolver:
    """Refuses a question, and says what to do instead."""
    names, instead = what

    def refuse(asked: Asked, parent: object, arguments: Arguments) -> None:
        raise UsageError(f"{names} are not served by Belvedere; {instead}")

    return refuse


def nothing(asked: Asked, parent: object, arguments: Arguments) -> Mapping[str, object]:
    """A list of what never exists here."""
    return NOTHING


FIELDS: Fields = {
    "Query": {"organization": refusal(USERS)},
    "Mutation": {
        **dict.fromkeys(
            ("createTeam", "createInvite", "deleteInvite", "createServiceAccount", "createUser", "deleteApiKey",
             "generateApiKey"), refusal(USERS)),
        **dict.fromkeys(
            ("createDefaultResourceConfig", "createRunQueue", "upsertRunQueue", "deleteRunQueues", "pushToRunQueue",
             "pushToRunQueueByName", "popFromRunQueue", "ackRunQueueItem", "deleteFromRunQueue", "createLaunchAgent",
             "enqueueSweepRun"), refusal(QUEUES)),
        **dict.fromkeys(
            ("createFilterTrigger", "updateFilterTrigger", "deleteTrigger", "createGenericWebhookIntegration"),
            refusal(AUTOMATIONS)),
        "createCustomChart": refusal(CHARTS),
        "upsertView": refusal(REPORTS),
        "deleteView": refusal(REPORTS),
    },
    "Entity": {"integrations": nothing, "triggers": nothing},
    "Project": {
        "allViews": nothing,
        "triggers": lambda asked, value, arguments: [],
        "runQueue": refusal(QUEUES),
    },
}  # fmt: skip
