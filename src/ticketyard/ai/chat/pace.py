"""Pure: how often we may ask."""

from collections import deque
from dataclasses import dataclass, field

_MINUTE = 60.0


@dataclass
class Pace:
    """At most so many requests in any minute. 0: as often as one likes."""

    per_minute: int
    _taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0 is now."""
        while self._taken and self._taken[0] <= now - _MINUTE:
            self._taken.popleft()
        if not self.per_minute or len(self._taken) < self.per_minute:
            return 0.0
        return self._taken[0] + _MINUTE - now

    def take(self, now: float) -> float:
        """As `wait`; where that is 0, one request is counted."""
        wait = self.wait(now)
        if not wait and self.per_minute:
            self._taken.append(now)
        return wait
