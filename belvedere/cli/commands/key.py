"""`belvedere key`: the API key with which W&B's client logs to this server."""

import sys

import click


@click.command("key")
@click.option("--server", metavar="URL", help="Ask the server at URL whether it takes the key, and fail when not.")
@click.option("--token", envvar="BELVEDERE_TOKEN", help="Access token of the server [$BELVEDERE_TOKEN].")
def command(server: str | None, token: str | None) -> None:
    """Print an API key for scripts that log with wandb: export WANDB_API_KEY=$(belvedere key)

    On 127.0.0.1 a server takes any well-formed key, so this one is always the same. A server that other machines reach
    has an access token; the key is made from it, and the token is not found from the key.
    """
    from belvedere.cli.keyed import address_and_token, check
    from belvedere.wandb_protocol.keys import key_of

    address = ""
    if server is not None:
        address, found = address_and_token(server)
        token = token or found
    key = key_of(token)
    if address:
        check(address, key)
    click.echo(key)
    if sys.stdout.isatty():
        click.echo(f"\nexport WANDB_BASE_URL={address or 'http://127.0.0.1:7007'} WANDB_API_KEY={key}", err=True)
