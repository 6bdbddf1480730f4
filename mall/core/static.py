"""Static files named by their content, ES module imports included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class MallStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed and precompressed; follows `import` statements, so no build step is needed."""

    support_js_module_import_aggregation = True
