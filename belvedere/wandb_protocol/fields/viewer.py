"""Who is asking, and what the server can do. There is one user: whoever holds the key."""

from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Fields, Node

# The newest one we tested; clients up to 0.29 ask for it before they name the files of image lists.
TESTED_CLIENT = "0.31.0"
VIEWER: dict[str, object] = {
    "id": "belvedere-user",
    "name": ENTITY,
    "username": ENTITY,
    "entity": ENTITY,
    "defaultEntity": {"__typename": "Entity", "id": "belvedere-entity", "name": ENTITY},
    "email": "",
    "admin": False,
    "isAdmin": False,
    "photoUrl": None,
    "accountType": None,
    "deletedAt": None,
    "createdAt": None,
    "flags": "{}",
    "apiKeys": {"edges": []},
    "teams": {"edges": []},
    "invitableTeams": {"edges": []},
    "memberships": [],
    "personalEntity": None,
    "settings": None,
}


def viewer(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """The user."""
    return Node("User", VIEWER)


def users(asked: Asked, parent: object, arguments: Arguments) -> dict[str, object]:
    """A search among users by the begin or the end of a name: there is one."""
    words = str(arguments.get("query") or arguments.get("pattern") or "").lower()
    found = [Node("User", VIEWER)] if ENTITY.startswith(words) or ENTITY.endswith(words) else []
    return {"edges": [{"node": user} for user in found]}


def entity(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """The entity by whatever name: every name leads to the same projects."""
    name = str(arguments.get("name") or ENTITY)
    return Node("Entity", {
        "id": "belvedere-entity", "name": name, "isTeam": False, "available": False, "photoUrl": None,
        "readOnly": False, "readOnlyAdmin": False, "privateOnly": False, "storageBytes": 0,
        "entityType": None, "defaultAccess": "PRIVATE", "isPaid": None,
        "codeSavingEnabled": True, "organization": None, "user": Node("User", VIEWER), "members": [],
        "settings": None, "projectCount": None,
    })  # fmt: skip


def server_info(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """What we can do beyond the plain protocol. Gzip is the one feature that only saves bytes; each other flag changes
    the queries of the client."""
    return Node("ServerInfo", {
        "features": [{"__typename": "ServerFeature", "name": "FILESTREAM_GZIP", "isEnabled": True}],
        "cliVersionInfo": {"max_cli_version": TESTED_CLIENT}, "latestLocalVersionInfo": None,
        "exposesExplicitRunStoppedStatus": False,
    })  # fmt: skip


FIELDS: Fields = {
    "Query": {"viewer": viewer, "users": users, "entity": entity, "serverInfo": server_info},
}
