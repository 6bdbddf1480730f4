"""F18: a mall is backed up, changes, and is as it was after the restore, on both databases; the index agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mall.ops.backup.manifest import sha256_of
from tests.conftest import MallOfItsOwn
from tests.services import PROJECT

FURNISH = """
from django.conf import settings
from pathlib import Path
from mall.accounts.models import Member
from search.indexing.rebuild import rebuild_index_alone
from tests.factories import ListingFactory, OfferFactory
offers = [OfferFactory(price_minor=5900 + number) for number in range(3)]
ListingFactory(title="Bouilloire ancienne")
Member.objects.create_user("a@example.org", "a-long-password")
for root, name, text in (
    (settings.ORIGINALS_FOLDER, "ab/photo.jpg", "original"), (settings.MEDIA_ROOT, "pictures/ab/480.avif", "width"),
):
    path = Path(root) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
rebuild_index_alone()
print("furnished")
"""

CHANGE = """
from django.conf import settings
from pathlib import Path
from mall.accounts.models import Member
from mall.catalogue.models import Offer
from search.indexing.rebuild import rebuild_index_alone
from tests.factories import OfferFactory
first, second, *_others = Offer.objects.filter(variant__isnull=False).order_by("pk")
first.delete()
for price_minor in (100, 200):
    OfferFactory(variant=second.variant, seller=second.seller, used=True, price_minor=price_minor)
Member.objects.all().delete()
originals = Path(settings.ORIGINALS_FOLDER)
(originals / "ab/photo.jpg").write_text("changed!")
(originals / "cd").mkdir()
(originals / "cd/new.jpg").write_text("came later")
(Path(settings.MEDIA_ROOT) / "pictures/ab/480.avif").unlink()
rebuild_index_alone()
print("changed")
"""

LOOK = """
import json
from django.conf import settings
from pathlib import Path
from mall.accounts.models import Member
from mall.catalogue.models import Offer
from search.indexing.drift import repair_drift
from search.service import engine_status, get_engine
texts = {}
for root in ("ORIGINALS_FOLDER", "MEDIA_ROOT"):
    folder = Path(getattr(settings, root))
    texts |= {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}
print(json.dumps({
    "prices": sorted(Offer.objects.values_list("price_minor", flat=True)),
    "members": list(Member.objects.values_list("email", flat=True)),
    "documents": engine_status().documents,
    "offers": engine_status().offers,
    "differing": repair_drift(get_engine()).differing,
    "texts": texts,
}))
"""


def run(code: str, mall: MallOfItsOwn) -> str:
    """The last line that a piece of Python prints in a mall."""
    words = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
    done = subprocess.run(words, cwd=PROJECT, env=mall.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


def look(mall: MallOfItsOwn) -> dict[str, object]:
    seen: dict[str, object] = json.loads(run(LOOK, mall))
    return seen


@pytest.fixture
def backup(mall_of_its_own: MallOfItsOwn, tmp_path: Path) -> Path:
    """The folder of a backup of a furnished mall."""
    assert run(FURNISH, mall_of_its_own) == "furnished"
    folder = tmp_path / "backup"
    mall_of_its_own.manage("backup", str(folder))
    return folder


def test_a_changed_mall_is_as_it_was_after_the_restore_and_its_index_agrees(
    mall_of_its_own: MallOfItsOwn, backup: Path
) -> None:
    before = look(mall_of_its_own)
    assert run(CHANGE, mall_of_its_own) == "changed"
    assert look(mall_of_its_own)["members"] == []

    said = mall_of_its_own.manage("restore", str(backup), "--yes")

    after = look(mall_of_its_own)
    texts = {**before.pop("texts"), "cd/new.jpg": "came later"}  # type: ignore[dict-item]
    assert after.pop("texts") == texts
    assert after == before
    assert (after["documents"], after["differing"]) == (4, 0)
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.startswith("  ")}
    assert rows["catalogue_offer"] == ["5", "4", "-1"]
    assert rows["accounts_member"] == ["0", "1", "+1"]
    assert "Files: 2 brought back; 1 that the backup lacks are kept." in said


def test_a_mall_that_holds_something_is_not_replaced_unasked(mall_of_its_own: MallOfItsOwn, backup: Path) -> None:
    before = look(mall_of_its_own)

    with pytest.raises(AssertionError, match="--yes replaces them"):
        mall_of_its_own.manage("restore", str(backup))

    assert look(mall_of_its_own) == before


def test_a_new_and_empty_mall_takes_a_backup_without_being_told(
    sqlite_mall: MallOfItsOwn, tmp_path: Path, migrated_sqlite: Path
) -> None:
    assert run(FURNISH, sqlite_mall) == "furnished"
    sqlite_mall.manage("backup", str(tmp_path / "backup"))
    before = look(sqlite_mall)
    environment = {**sqlite_mall.environment, "MALL_DATA_FOLDER": str(tmp_path / "new")}
    new = MallOfItsOwn(tmp_path / "new", environment)
    new.manage("migrate", "-v", "0")

    new.manage("restore", str(tmp_path / "backup"))

    assert look(new) == before


def test_a_backup_that_was_damaged_is_refused_and_nothing_changes(sqlite_mall: MallOfItsOwn, tmp_path: Path) -> None:
    assert run(FURNISH, sqlite_mall) == "furnished"
    folder = tmp_path / "backup"
    sqlite_mall.manage("backup", str(folder))
    before = look(sqlite_mall)

    for name in ("manifest.json", "database.sqlite3", "originals/ab/photo.jpg", "files.tsv"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-2] + b"xx")
        with pytest.raises(AssertionError, match=r"was changed since the backup was made|cannot be read"):
            sqlite_mall.manage("restore", str(folder), "--yes")
        (folder / name).write_bytes(whole)

    assert look(sqlite_mall) == before


def test_a_list_of_files_that_leads_outside_of_the_backup_is_refused(sqlite_mall: MallOfItsOwn, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    sqlite_mall.manage("backup", str(folder))
    listed = folder / "files.tsv"
    listed.write_text(f"{'0' * 64}\t1\toriginals\t../../evil\n", encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["sha256"]["files.tsv"] = sha256_of(listed)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    with pytest.raises(AssertionError, match="outside of the backup"):
        sqlite_mall.manage("restore", str(folder), "--yes")


def test_a_backup_is_closed_to_others_and_written_into_an_empty_folder_only(
    sqlite_mall: MallOfItsOwn, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    said = sqlite_mall.manage("backup", str(folder))

    assert folder.stat().st_mode & 0o777 == 0o700
    assert f"are in {folder} after" in said
    with pytest.raises(AssertionError, match="is not empty"):
        sqlite_mall.manage("backup", str(folder))


def test_a_backup_of_the_other_database_or_of_a_newer_mall_is_refused(
    sqlite_mall: MallOfItsOwn, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    sqlite_mall.manage("backup", str(folder))
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))

    path.write_text(json.dumps({**manifest, "database": "postgresql"}), encoding="utf-8")
    with pytest.raises(AssertionError, match="the backup is of postgresql, and this mall runs on sqlite"):
        sqlite_mall.manage("restore", str(folder), "--yes")

    newer = {**manifest["migrations"], "core": "9999_from_the_future"}
    path.write_text(json.dumps({**manifest, "migrations": newer}), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"knows core\.9999_from_the_future"):
        sqlite_mall.manage("restore", str(folder), "--yes")
