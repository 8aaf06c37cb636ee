"""Pure: how long a broker that does not answer is left alone, and when a message is given up."""

from datetime import timedelta

_FIRST_SECONDS = 2
REST_MAX = timedelta(minutes=5)
# A message that fails so often while others are taken is at fault itself.
REFUSALS_MAX = 10


def rest_after(failures: int) -> timedelta:
    """How long nothing is tried after so many failures in a row."""
    return min(timedelta(seconds=_FIRST_SECONDS * 2 ** min(failures - 1, 10)), REST_MAX)


def is_hopeless(refusals: int) -> bool:
    """Whether a message is given up. A broker that is away is nobody's fault, however long."""
    return refusals >= REFUSALS_MAX
