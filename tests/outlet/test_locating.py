"""Which files a message may name: nothing outside of the base, however it is written."""

from pathlib import Path

import pytest

from ticketyard.outlet.locating import MISSING, NOT_NAMED, OUTSIDE, FilesAt, PathRefused


@pytest.fixture
def files(tmp_path: Path) -> FilesAt:
    for name in ("base/1/ab", "own/1/ab", "base-other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "f.pdf").write_text(name)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "base" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "base" / "up").symlink_to(tmp_path)
    (tmp_path / "base" / "in").symlink_to(tmp_path / "base" / "1" / "ab" / "f.pdf")
    return FilesAt(base=tmp_path / "base", own=tmp_path / "own")


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("", "1/ab/f.pdf"), ("", "in"), ("", "1/../1/ab/f.pdf"), ("1/ab/f.pdf", ""),
        ("{}/base/1/ab/f.pdf", ""), ("{}/base/1/ab/f.pdf", "../secret"), ("", "up/base/1/ab/f.pdf"),
    ],
)  # fmt: skip
def test_what_lies_below_the_base_is_found(
    files: FilesAt, tmp_path: Path, path: str, relative: str
) -> None:
    assert files.find(path.format(tmp_path), relative).read_text() == "base/1/ab"


@pytest.mark.parametrize(
    ("path", "relative", "problem"),
    [
        ("/etc/passwd", "", OUTSIDE), ("/etc/passwd", "1/ab/f.pdf", OUTSIDE),
        ("{}/secret", "", OUTSIDE), ("", "../secret", OUTSIDE), ("", "out", OUTSIDE),
        ("", "up/secret", OUTSIDE), ("", "/etc/passwd", OUTSIDE), ("", "1/../../secret", OUTSIDE),
        ("{}/base-other/f.pdf", "", OUTSIDE), ("{}/own/1/ab/f.pdf", "", OUTSIDE),
        ("", "no.pdf", MISSING), ("", "1", MISSING), ("", ".", MISSING), ("", "a\0b", MISSING),
        ("", "x" * 300, MISSING), ("", "", NOT_NAMED),
    ],
)  # fmt: skip
def test_what_does_not_is_refused(
    files: FilesAt, tmp_path: Path, path: str, relative: str, problem: str
) -> None:
    with pytest.raises(PathRefused) as refused:
        files.find(path.format(tmp_path), relative)
    assert str(refused.value) == problem


def test_without_a_base_our_own_storage_alone_is_opened(files: FilesAt, tmp_path: Path) -> None:
    files = FilesAt(own=tmp_path / "own")
    assert files.find(f"{tmp_path}/own/1/ab/f.pdf", "").read_text() == "own/1/ab"
    for path, relative, problem in (
        (f"{tmp_path}/secret", "", OUTSIDE),
        ("", "1/ab/f.pdf", NOT_NAMED),
        ("", "", NOT_NAMED),
    ):
        with pytest.raises(PathRefused, match=problem):
            files.find(path, relative)
    with pytest.raises(PathRefused, match=OUTSIDE):
        FilesAt().find("/etc/passwd", "")


def test_an_absolute_path_is_told_where_the_consumer_has_no_base(
    files: FilesAt, tmp_path: Path
) -> None:
    assert FilesAt(own=tmp_path / "own").told_path("1/ab/f.pdf") == f"{tmp_path}/own/1/ab/f.pdf"
    assert files.told_path("1/ab/f.pdf") == ""
    assert FilesAt().told_path("1/ab/f.pdf") == ""
