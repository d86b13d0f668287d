"""A folder gives the files that can be read, and a reason for each that cannot."""

import hashlib
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus.document import Unreadable
from corpus.limits import INPUT_BYTES
from corpus.sources.folder import Found, read_bytes, resolve_url, state, walk


def reasons(root: Path) -> dict[str, str | None]:
    return {found.relative: found.reason for found in walk(root)}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("b.md", "a/z.html", "a/b/c.TXT", ".git/config.md", "a/.hidden.md", "a.md"):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    return tmp_path / "site"


def test_it_finds_all_but_hidden_files_in_order(site: Path) -> None:
    found = list(walk(site))
    assert [(f.relative, f.format, f.reason) for f in found] == [
        ("a/b/c.TXT", "text", None),
        ("a/z.html", "html", None),
        ("a.md", "markdown", None),
        ("b.md", "markdown", None),
    ]
    assert all(read_bytes(f.path) == b"text" and f.size == 4 for f in found)


def test_it_takes_a_single_file_as_root(site: Path) -> None:
    assert list(walk(site / "b.md")) == [Found(site / "b.md", "b.md", 4, "markdown")]


def test_it_says_which_suffixes_are_read(site: Path) -> None:
    (site / "a.docx").write_text("x")
    (site / "LICENSE").write_text("x")
    found = reasons(site)
    assert found["a.docx"] is not None
    assert found["a.docx"].startswith("has the suffix .docx; read are .htm, .html, .markdown, .md,")
    assert (found["LICENSE"] or "").startswith("has no suffix; read are ")


def test_it_leaves_out_empty_and_large_files(site: Path) -> None:
    (site / "empty.md").touch()
    with (site / "large.md").open("wb") as file:
        file.truncate(200_000_000)
    with (site / "largest.md").open("wb") as file:
        file.truncate(INPUT_BYTES)
    assert reasons(site)["empty.md"] == "is empty"
    assert reasons(site)["large.md"] == "is larger than 20 MB"
    assert reasons(site)["largest.md"] is None


def test_it_follows_no_link_out_of_the_root(site: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (site / "out.md").symlink_to(tmp_path / "secret.md")
    (site / "up").symlink_to(tmp_path, target_is_directory=True)
    (site / "beside").symlink_to(str(site) + "-2")
    Path(f"{site}-2").mkdir()
    (site / "broken.md").symlink_to("nowhere.md")
    found = reasons(site)
    for name in ("out.md", "up", "beside"):
        assert found[name] == "is a link that leads out of the folder"
    assert found["broken.md"] == "is a link that leads nowhere"
    assert not any("secret" in name for name in found)


def test_it_ends_in_spite_of_links_that_lead_back(site: Path) -> None:
    (site / "a" / "loop").symlink_to(site, target_is_directory=True)
    (site / "self.md").symlink_to("self.md")
    (site / "a" / "one").symlink_to("two")
    (site / "a" / "two").symlink_to("one")
    found = reasons(site)
    assert found["a/loop"] == "is a link to a folder that is read already"
    assert found["self.md"] == found["a/one"] == "is a link that leads nowhere"
    assert len(found) == 8


def test_it_reads_what_a_link_within_the_root_leads_to(site: Path) -> None:
    (site / ".versions").mkdir()
    (site / ".versions" / "new.md").write_text("new")
    (site / "current.md").symlink_to(".versions/new.md")
    (site / "latest").symlink_to(".versions", target_is_directory=True)
    found = {f.relative: read_bytes(f.path) for f in walk(site)}
    assert found["current.md"] == found["latest/new.md"] == b"new"


def test_it_does_not_wait_for_pipes_or_sockets(site: Path) -> None:
    os.mkfifo(site / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(site / "socket.md"))
        assert reasons(site)["pipe.md"] == "is a named pipe"
        assert reasons(site)["socket.md"] == "is a socket"


def test_it_shows_a_name_that_is_not_utf8(site: Path) -> None:
    bad = os.fsencode(site) + b"/caf\xe9.md"
    try:
        Path(os.fsdecode(bad)).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert reasons(site)["caf\ufffd.md"] == "has a name that is not UTF-8; rename it"


@pytest.fixture
def as_somebody() -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder that anybody may enter, and a switch to a user without privileges."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        user = os.geteuid()

        def switch() -> None:
            if user == 0:
                os.seteuid(65534)

        yield Path(name), switch
        os.seteuid(user)


def test_it_says_what_it_may_not_read(as_somebody: tuple[Path, Callable[[], None]]) -> None:
    site, switch = as_somebody
    (site / "open.md").write_text("x")
    (site / "closed.md").write_text("x")
    (site / "closed.md").chmod(0)
    (site / "vault").mkdir(mode=0)
    switch()
    no = "may not be read: no permission"
    assert reasons(site) == {"open.md": None, "closed.md": no, "vault": no}
    with pytest.raises(Unreadable, match=no):
        read_bytes(site / "closed.md")
    for root in ("vault", "closed.md", "vault/x"):
        with pytest.raises(ValueError, match=no):
            walk(site / root)


def test_it_refuses_a_root_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone: no such file or folder"):
        walk(tmp_path / "gone")
    assert list(walk(tmp_path)) == []


def test_it_walks_a_deep_folder() -> None:
    depth = 1_500  # more than Python may recurse
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        names = [top.joinpath(*["d"] * n) for n in range(depth + 1)]
        for folder in names[1:]:
            folder.mkdir()
        (names[-1] / "page.md").write_text("x")
        assert [found.path for found in walk(top)] == [names[-1] / "page.md"]
        (names[-1] / "page.md").unlink()
        for folder in reversed(names[1:]):
            folder.rmdir()


def test_it_reads_nothing_that_took_the_place_of_a_file(site: Path, tmp_path: Path) -> None:
    found = {f.relative: f.path for f in walk(site)}
    for name in found:
        (site / name).unlink()
    os.mkfifo(site / "a.md")
    (tmp_path / "secret").write_text("secret")
    (site / "b.md").symlink_to(tmp_path / "secret")
    (site / "a/z.html").mkdir()
    with pytest.raises(Unreadable, match="is a named pipe"):
        read_bytes(found["a.md"])
    with pytest.raises(Unreadable, match="could not be opened"):
        read_bytes(found["b.md"])
    with pytest.raises(Unreadable, match="is a folder"):
        read_bytes(found["a/z.html"])
    with pytest.raises(Unreadable, match="is no longer there"):
        read_bytes(found["a/b/c.TXT"])


def test_it_reads_no_more_than_the_limit_of_a_file_that_grew(site: Path) -> None:
    with (site / "a.md").open("wb") as file:
        file.truncate(INPUT_BYTES + 1)
    with pytest.raises(Unreadable, match="is larger than 20 MB"):
        read_bytes(site / "a.md")


def test_it_tells_a_changed_source_from_a_touched_one(site: Path) -> None:
    path = site / "a.md"
    indexed = (4, path.stat().st_mtime_ns, hashlib.sha256(b"text").hexdigest())
    assert state(path, *indexed) == "current"
    os.utime(path, ns=(0, 0))
    assert state(path, *indexed) == "current"
    path.write_text("next")
    assert state(path, *indexed) == "changed"
    path.write_text("longer")
    assert state(path, *indexed) == "changed"
    path.unlink()
    assert state(path, *indexed) == "missing"
    os.mkfifo(path)
    assert state(path, *indexed) == "missing"


BASE = "https://example.org/docs"


@pytest.mark.parametrize(
    ("document", "base", "path", "address"),
    [
        ("https://other.org/x", BASE, "a.md", "https://other.org/x"),
        ("http://other.org/x", None, "a.md", "http://other.org/x"),
        ("/help/x", BASE, "a.md", "https://example.org/help/x"),
        ("help/x", BASE, "a.md", "https://example.org/docs/help/x"),
        ("help/x", BASE + "/", "a.md", "https://example.org/docs/help/x"),
        ("//cdn.org/x", BASE, "a.md", "https://cdn.org/x"),
        (None, BASE, "a b/ü#1?.md", "https://example.org/docs/a%20b/%C3%BC%231%3F.md"),
        (None, None, "a.md", None),
        ("/help/x", None, "a.md", None),
        ("javascript:alert(1)", None, "a.md", None),
        ("javascript:alert(1)", BASE, "a.md", "https://example.org/docs/a.md"),
        ("file:///etc/passwd", BASE, "a.md", "https://example.org/docs/a.md"),
        ("https:///nowhere", BASE, "a.md", "https://example.org/docs/a.md"),
        ("http://[broken", BASE, "a.md", "https://example.org/docs/a.md"),
        (" JavaScript:alert(1)", BASE, "a.md", "https://example.org/docs/a.md"),
        ("java\nscript:alert(1)", BASE, "a.md", "https://example.org/docs/a.md"),
        ("https://other.org/a b\"<'>", None, "a.md", "https://other.org/a%20b%22%3C'%3E"),
    ],
)
def test_it_finds_the_public_address(
    document: str | None, base: str | None, path: str, address: str | None
) -> None:
    assert resolve_url(document, base, path) == address
