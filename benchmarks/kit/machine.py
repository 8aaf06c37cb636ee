"""Where and on what a figure was measured."""

import os
import platform
import subprocess


def about() -> str:
    """Machine, versions, commit and how busy it was before."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, commit {commit or 'unknown'}, "
        f"load before: {os.getloadavg()[0]:.1f}"
    )
