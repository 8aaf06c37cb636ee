"""Copy the browser libraries from npm packages into the package's static folder."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "ticketyard" / "web" / "static" / "vendor"
STAMP = VENDOR / ".lock-digest"

# Only what a page really loads: minified builds, and each library's licence beside it.
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "htmx-ext-sse/dist/sse.min.js": "htmx-sse.js",
    "htmx-ext-sse/LICENSE": "htmx-sse.LICENSE",
    "uplot/dist/uPlot.iife.min.js": "uplot.js",
    "uplot/dist/uPlot.min.css": "uplot.css",
    "uplot/LICENSE": "uplot.LICENSE",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
    "swagger-ui-dist/LICENSE": "swagger-ui.LICENSE",
}


def lock_digest() -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def is_current() -> bool:
    """Whether the vendor folder was filled from the lock file as it is now."""
    return (
        STAMP.exists()
        and STAMP.read_text() == lock_digest()
        and all((VENDOR / name).exists() for name in FILES.values())
    )


def is_installed() -> bool:
    """Whether node_modules holds exactly the versions the lock file names."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    manifests = {
        ROOT / place / "package.json": locked for place, locked in packages.items() if place
    }
    return all(
        path.exists() and json.loads(path.read_text())["version"] == locked["version"]
        for path, locked in manifests.items()
    )


def install() -> bool:
    """Fetch the packages; without npm nothing is done, as the desk also works without scripts."""
    npm = shutil.which("npm")
    if npm is None:
        print(
            "assets: no npm, so the desk runs without live updates and charts "
            "(Debian: apt-get install npm, then `make assets`)",
            file=sys.stderr,
        )
        return False
    subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, check=True)
    return True


def copy() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    STAMP.write_text(lock_digest())


def main() -> None:
    if is_current() and "--force" not in sys.argv:
        return
    if not is_installed() and not install():
        return
    copy()
    size = sum((VENDOR / name).stat().st_size for name in FILES.values())
    print(f"assets: {len(FILES)} files, {size / 1024:.0f} kB in {VENDOR.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
