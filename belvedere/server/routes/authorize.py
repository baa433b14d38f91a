"""GET /authorize: where `wandb login` sends people to find their API key."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from belvedere.server.place import place_of
from belvedere.wandb_protocol.keys import key_of

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Belvedere: API key</title>
<meta name="viewport" content="width=device-width">
<style>
body{{font:16px/1.5 system-ui,sans-serif;background:#FAF9F6;color:#1A1D21}}
body{{max-width:44rem;margin:15vh auto;padding:0 1rem}}
code{{background:#F1EFEA;padding:.3em .5em;overflow-wrap:anywhere}} p{{margin:1em 0}}
@media (prefers-color-scheme:dark){{body{{background:#15171A;color:#E8E6E1}}
code{{background:#24272B}}a{{color:#8AB4F8}}}}
</style>
<h1>The API key of this server</h1>
<p><code>{key}</code></p>
<p>Paste it where <code>wandb login</code> asks for it, or set it for the scripts that log here:</p>
<p><code>export WANDB_BASE_URL={base} WANDB_API_KEY={key}</code></p>
<p>{why}</p>
<p><a href="/">To the runs</a></p>
</html>"""
ANY = "This server can only be reached from its own machine, so it takes any well-formed key."
DERIVED = "The key is made from the server's access token: whoever has it can log here and read what was logged."


def authorize(request: Request) -> Response:
    """The key, for whoever may see the page."""
    place = place_of(request)
    base = str(request.base_url).rstrip("/")
    page = PAGE.format(key=key_of(place.token), base=escape(base), why=DERIVED if place.has_token else ANY)
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "X-Frame-Options": "DENY"})


ROUTES = [Route("/authorize", authorize)]
