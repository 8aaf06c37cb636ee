"""Pure: when a server that keeps failing is left alone, and when it is tried again."""

from dataclasses import dataclass


@dataclass
class Breaker:
    """Opens after several failures in a row; then one trial at a time says whether it is back.

    Each failed trial doubles the rest, up to the longest. Instants are seconds of a clock that
    never goes back, given by whoever asks.
    """

    opens_after: int = 5
    rest_seconds: float = 30.0
    longest_rest_seconds: float = 600.0
    failures: int = 0
    _open_until: float = 0.0
    _trying: bool = False

    def wait(self, now: float) -> float:
        """Seconds until somebody may ask; 0 is now. While a trial runs, a short while."""
        if not self._is_open:
            return 0.0
        if now < self._open_until:
            return self._open_until - now
        return 1.0 if self._trying else 0.0

    def begin(self, now: float) -> float:
        """As `wait`; where that is 0, the asker is let through, and must say how it went."""
        wait = self.wait(now)
        if not wait and self._is_open:
            self._trying = True
        return wait

    def succeed(self) -> None:
        """It answered: all is forgotten."""
        self.failures, self._open_until, self._trying = 0, 0.0, False

    def fail(self, now: float, *, rest: float | None = None) -> None:
        """It did not answer. rest: what the server itself asked for, in seconds."""
        self.failures += 1
        self._trying = False
        if rest is not None:
            self.failures = max(self.failures, self.opens_after)
        if self._is_open:
            doubled = self.rest_seconds * 2.0 ** min(20, self.failures - self.opens_after)
            pause = min(self.longest_rest_seconds, max(doubled, rest or 0.0))
            self._open_until = max(self._open_until, now + pause)

    def drop(self) -> None:
        """The asker gave up by itself, which says nothing about the server."""
        self._trying = False

    @property
    def _is_open(self) -> bool:
        return self.failures >= self.opens_after
