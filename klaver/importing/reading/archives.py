"""A folder, a file or an archive taken in: links, pipes, paths out of the archive and bombs are stopped here.

Of an archive the list of members is judged first; sizes are then counted while unpacking, never believed.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from klaver.importing.findings import CannotImport, Findings, refuse
from klaver.importing.reading.held_files import (
    BESIDE_SHAPE,
    KINDS,
    MOST_FILES,
    NOT_OURS,
    OLD_SHEETS,
    OTHER_MAPS,
    HeldFile,
    Hold,
    judged,
)
from sim.inputs.problems import printable

_MOST_RATIO = 200
_DEEPEST = 4


def take(place: Path, hold: Hold, findings: Findings) -> list[HeldFile]:
    """Copy what may be read of a folder, a file or an archive.

    Parameters
    ----------
    place
        A folder, a single file, or a ``.zip``.
    hold
        Where copies go.
    findings
        Told of everything that was left out.

    Returns
    -------
    list of HeldFile
        By name; what is no kind of file that can be read is left out with a note.

    Raises
    ------
    CannotImport
        If the place is not there, or a file is too large, no regular file, or an archive that is not safe.
    """
    if not os.path.lexists(place):
        raise refuse("reading.not_there", what=place.name, file=printable(place.name))
    if not place.is_dir():
        return _take_file(place, hold, findings, alone=True)
    found: list[HeldFile] = []
    for path in _files_under(place, findings):
        if path.suffix.lower() not in BESIDE_SHAPE:
            found += _collecting(path, hold, findings)
    return sorted(found, key=lambda file: file.name)


def _collecting(path: Path, hold: Hold, findings: Findings) -> list[HeldFile]:
    """Take one file of a folder; a refusal is added, so that all are told at once."""
    try:
        return _take_file(path, hold, findings, alone=False)
    except CannotImport as problem:
        for one in problem.findings:
            findings.add(one.level, one.key, what=one.what, **dict[str, Any](one.values))
            if one.key in ("reading.too_much", "reading.too_many_files"):
                raise
        return []


def _files_under(folder: Path, findings: Findings) -> list[Path]:
    """Return the files of a folder and its folders; links only where they stay inside, hidden files not at all."""
    found, top = [], folder.resolve()
    for parent, folders, names in os.walk(folder, followlinks=False):
        depth = len(Path(parent).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if not _hidden(name)) if depth < _DEEPEST else []
        for name in sorted(names):
            path = Path(parent) / name
            if _hidden(name):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(top):
                findings.add("left_out", "reading.link_outside", what=printable(name), file=printable(name))
            else:
                found.append(path)
            if len(found) > MOST_FILES:
                raise refuse("reading.too_many_files", most=MOST_FILES)
    return found


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$", "__MACOSX"))


def _take_file(path: Path, hold: Hold, findings: Findings, *, alone: bool) -> list[HeldFile]:
    """Copy one file, with those that belong to it; ``alone``: asked for by name, so refused where it cannot be read."""
    name, suffix = printable(path.name), path.suffix.lower()
    if suffix == ".zip":
        return _unpack(path, name, hold, findings)
    if suffix not in KINDS:
        _unknown_kind(name, suffix, findings, alone=alone)
        return []
    group = str(path.parent)
    target = hold.target(group, path.stem, ".geojson" if suffix == ".json" else suffix)
    with _opened(path, name) as file:
        digest = hold.copy(file, target, name)
    journal = path.with_name(f"{path.name}-wal")
    if suffix == ".gpkg" and journal.exists() and journal.stat().st_size:
        findings.add("note", "reading.open_elsewhere", what=name, file=name)
    if suffix == ".shp":
        for beside in path.parent.iterdir():
            if beside.stem == path.stem and beside.suffix.lower() in BESIDE_SHAPE:
                if beside.is_symlink():
                    findings.add("left_out", "reading.link_outside", what=name, file=printable(beside.name))
                    continue
                with _opened(beside, printable(beside.name)) as file:
                    hold.copy(file, hold.target(group, path.stem, beside.suffix.lower()), printable(beside.name))
    held = judged(target, name, KINDS[suffix], digest, findings, alone=alone or suffix != ".json")
    return [held] if held else []


@contextmanager
def _opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """Open a regular file for reading; a pipe or device, which could wait for ever, is refused."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise refuse("reading.cannot_read", what=name, file=name, cause=printable(error.strerror or error)) from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise refuse("reading.not_regular", what=name, file=name)
        yield file


def _unknown_kind(name: str, suffix: str, findings: Findings, *, alone: bool) -> None:
    """Say that a file is of no kind that can be read; raises CannotImport where it was asked for by name."""
    key = ("reading.old_sheet" if suffix in OLD_SHEETS else "reading.other_map" if suffix in OTHER_MAPS
           else "reading.not_a_kind")  # fmt: skip
    if alone:
        raise refuse(key, what=name, file=name)
    if suffix not in NOT_OURS:
        findings.add("left_out", key, what=name, file=name)


def judge_members(members: list[zipfile.ZipInfo], name: str, most_mb: float) -> None:
    """Refuse an archive whose list of members already shows that it should not be unpacked.

    Parameters
    ----------
    members
        As its list has them.
    name
        Of the archive, for messages.
    most_mb
        What it may unpack to, megabytes.

    Raises
    ------
    CannotImport
        If a member points out of the archive, is a link or needs a password, or if there are too many or too large ones.
    """
    if len(members) > MOST_FILES:
        raise refuse("reading.too_many_files", what=name, most=MOST_FILES)
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        mode = member.external_attr >> 16
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise refuse("reading.path_outside", what=name, file=name, member=printable(member.filename))
        if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)):
            raise refuse("reading.link_in_archive", what=name, file=name, member=printable(member.filename))
        if member.flag_bits & 1:
            raise refuse("reading.password", what=name, file=name)
    total = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if total > most_mb * 1e6 or (total > 10e6 and total / packed > _MOST_RATIO):
        raise refuse("reading.archive_bomb", what=name, file=name, unpacked=round(total / 1e6), most=round(most_mb))


def _unpack(path: Path, name: str, hold: Hold, findings: Findings) -> list[HeldFile]:
    """Copy the readable members of an archive, counting bytes as they come."""
    with _opened(path, name) as file:
        if os.fstat(file.fileno()).st_size > hold.limits.file_mb * 1e6:
            raise refuse("reading.file_too_large", what=name, file=name, most=round(hold.limits.file_mb))
        try:
            with zipfile.ZipFile(file) as archive:
                members = [member for member in archive.infolist() if not member.is_dir()]
                judge_members(members, name, hold.limits.unpacked_mb)
                return _members(archive, members, name, hold, findings)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as error:
            if isinstance(error, CannotImport):
                raise
            raise refuse("reading.bad_archive", what=name, file=name) from error


def _members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], archive_name: str, hold: Hold, findings: Findings
) -> list[HeldFile]:
    found, held = [], []
    for member in members:
        inside = PurePosixPath(member.filename.replace("\\", "/"))
        suffix, name = inside.suffix.lower(), printable(inside.name)
        if any(_hidden(part) for part in inside.parts):
            continue
        if suffix == ".zip":
            findings.add("left_out", "reading.nested_archive", what=name, file=name, archive=archive_name)
        elif suffix not in KINDS and suffix not in BESIDE_SHAPE:
            _unknown_kind(name, suffix, findings, alone=False)
        else:
            group = f"{archive_name}/{inside.parent}"
            target = hold.target(group, inside.stem, ".geojson" if suffix == ".json" else suffix)
            if target.exists():
                findings.add("left_out", "reading.twice_in_archive", what=name, file=name, archive=archive_name)
                continue
            with archive.open(member) as source:
                digest = hold.copy(source, target, name)
            if suffix in KINDS:
                found.append((target, name, suffix, digest))
    for target, name, suffix, digest in found:  # after all are there: a Shapefile's parts come in any order
        one = judged(target, name, KINDS[suffix], digest, findings, alone=suffix != ".json")
        held += [one] if one else []
    return sorted(held, key=lambda file: file.name)
