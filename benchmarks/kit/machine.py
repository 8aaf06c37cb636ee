"""Where and on what a figure was measured."""

import os
import platform
import resource
import subprocess
from pathlib import Path


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


def peak_megabytes() -> float:
    """The most memory this program had at once; not its parent's, as getrusage may say after a start."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
