"""What is to be indexed or forgotten in, the roots of the next index out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or file that is indexed. Its name begins the uris of its documents."""

    name: str
    path: str
    base_url: str | None = None


def chosen(
    known: Sequence[Root],
    lent: Sequence[Root],
    paths: Sequence[Path] = (),
    base_url: str | None = None,
    forget: Sequence[str] = (),
    stored: bool = False,
) -> tuple[list[Root], list[Root]]:
    """All roots of the next index, and those of them whose files are looked at.

    `known` are the index's so far, `lent` those of them whose text can be taken over. Raises
    ValueError for a path that is not there or not known.
    """
    if base_url and len(paths) != 1:
        count = f"{len(paths)} are" if paths else "none is"
        raise ValueError(
            f"{base_url} is the address of one folder or file and {count} named: "
            "index each with its own address"
        )
    roots = {root.path: root for root in known}
    for named in forget:
        del roots[_known(named, roots.values()).path]
    wanted = [_wanted(path, base_url, roots) for path in paths]
    if not roots and not forget:
        raise ValueError("nothing to index: name a folder or a file")
    lost = [root for root in roots.values() if root not in (*wanted, *lent)]
    if stored and lost:
        raise ValueError(f"the text of {lost[0].path} is not stored any more: run `quoth index`")
    if not (paths or forget or stored):
        wanted = list(roots.values())
    return _by_name(roots.values()), [*wanted, *lost]


def _wanted(path: Path, base_url: str | None, roots: dict[str, Root]) -> Root:
    """The root at a path, which is now among `roots`."""
    resolved = str(path.resolve())
    if not Path(resolved).exists():
        raise ValueError(f"{path}: no such file or folder")
    old = roots.get(resolved)
    name = old.name if old else _free_name(path.resolve().name, roots.values())
    roots[resolved] = Root(name, resolved, base_url or (old.base_url if old else None))
    return roots[resolved]


def _known(named: str, roots: Iterable[Root]) -> Root:
    """The root that is called so, by name or path."""
    resolved = str(Path(named).resolve())
    for root in roots:
        if named == root.name or resolved == root.path:
            return root
        if Path(resolved).is_relative_to(root.path):
            raise ValueError(f"{named} is a part of {root.path}, which can only go as a whole")
    names = ", ".join(root.path for root in roots) or "none"
    raise ValueError(f"{named} is not indexed; what is: {names}")


def _free_name(name: str, roots: Iterable[Root]) -> str:
    """A root's name that no other has: a second `docs` becomes `docs-2`."""
    base = name.encode("utf-8", "replace").decode() or "root"
    taken = {root.name for root in roots}
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def roots_in(manifest: dict[str, Any]) -> list[Root]:
    return [Root(**root) for root in manifest.get("roots", ())]


def _by_name(roots: Iterable[Root]) -> list[Root]:
    return sorted(roots, key=lambda root: root.name)
