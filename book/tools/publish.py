"""Pack a built site for a release, or lay the newest and the released ones into one folder.

    publish.py pack _build/site lifecost-1.2.3-html.zip
    publish.py assemble _build/site RELEASES _build/pages

The releases themselves keep the old versions: each carries its site as an archive, so whatever is
published can be laid out again from the archives alone. A version stands under its own path,
`v1.2.3/`, and the newest text at the root.
"""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

ARCHIVE = re.compile(r"lifecost-(\d+\.\d+\.\d+)-html\.zip")
# Archives know no earlier day; a fixed one, so that equal sites give equal bytes.
DAY = (1980, 1, 1, 0, 0, 0)


def pack(site: Path, archive: Path) -> None:
    """Write the site into an archive that opens everywhere, its pages in one folder."""
    _check_site(site)
    if not ARCHIVE.fullmatch(archive.name):
        sys.exit(f"{archive.name}: an archive is named lifecost-X.Y.Z-html.zip")
    folder = archive.name.removesuffix("-html.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(f"{folder}/{path.relative_to(site).as_posix()}", DAY)
            info.external_attr = 0o644 << 16
            out.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)


def assemble(site: Path, releases: Path, out: Path) -> list[str]:
    """Lay the site and every released one into a new folder; return the versions' paths."""
    _check_site(site)
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(site, out)
    # GitHub would leave out folders whose names begin with an underscore.
    (out / ".nojekyll").touch()
    versions = []
    for archive in sorted(releases.glob("*.zip")):
        found = ARCHIVE.fullmatch(archive.name)
        if not found:
            sys.exit(f"{archive.name}: an archive is named lifecost-X.Y.Z-html.zip")
        versions.append(f"v{found[1]}")
        _unpack(archive, f"lifecost-{found[1]}/", out / versions[-1])
    return versions


def _unpack(archive: Path, folder: str, to: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            target = (to / info.filename.removeprefix(folder)).resolve()
            if not info.filename.startswith(folder) or not target.is_relative_to(to.resolve()):
                sys.exit(f"{archive.name}: {info.filename} lies outside of {folder}")
            if not info.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(info))
    _check_site(to)


def _check_site(site: Path) -> None:
    if not (site / "index.html").is_file():
        sys.exit(f"{site}: no site, it has no index.html")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pack", site, archive]:
            pack(Path(site), Path(archive))
        case ["assemble", site, releases, out]:
            found = assemble(Path(site), Path(releases), Path(out))
            print(f"{out}: the newest at the root, and {', '.join(found) or 'no release yet'}")
        case _:
            sys.exit(__doc__)
