"""Where files lie: how they are named to a consumer, and which of a producer's paths may be opened."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class PathRefused(Exception):
    """A file that may not be opened, or is not named; the text is for whoever sent it."""


NOT_NAMED = "file_path not provided and RAG_FILES_BASE_PATH not set"
OUTSIDE = "file_path lies outside of RAG_FILES_BASE_PATH"
MISSING = "There is no such file."


@dataclass(frozen=True)
class FilesAt:
    """base: RAG_FILES_BASE_PATH, where both sides find the files.  own: our storage, if it is a folder.
    max_bytes: a larger file is not taken in."""

    base: Path | None = None
    own: Path | None = None
    max_bytes: int = 10_485_760

    def told_path(self, blob_key: str) -> str:
        """The absolute path for a consumer on this machine; empty where it has a base of its own, or
        where files do not lie in a folder."""
        if self.base is not None or self.own is None:
            return ""
        return str(self.own.absolute() / blob_key)

    def find(self, path: str, relative_path: str) -> Path:
        """The file a message names: `path`, else `relative_path` below the base. Raises PathRefused."""
        if not path and (not relative_path or self.base is None):
            raise PathRefused(NOT_NAMED)
        found = self.confined(path, relative_path)
        with suppress(OSError):  # a name too long, a folder that may not be entered
            if found is not None and found.is_file():
                return found
        raise PathRefused(MISSING)

    def confined(self, path: str, relative_path: str) -> Path | None:
        """What is named, wherever its links lead, whether or not it is there; None where nothing is.

        Nothing outside of the base (or, without one, of our own storage) is ever looked at. Raises
        PathRefused.
        """
        root = self.base or (self.own if path else None)
        if root is None and path:
            raise PathRefused(OUTSIDE)
        if root is None or not (path or relative_path):
            return None
        try:
            root = root.resolve()
            found = (root / (path or relative_path)).resolve()
        except (OSError, ValueError, RuntimeError):
            # A name too long, with a zero byte in it, a link that leads to itself.
            raise PathRefused(MISSING) from None
        if not found.is_relative_to(root):
            raise PathRefused(OUTSIDE)
        return found
