"""Pictures, where no front server stands before the mall."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

IMMUTABLE = "public, max-age=31536000, immutable"


@require_safe
def media_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file below MEDIA_ROOT. Pictures are named by their content, so they never change."""
    # Photos do not shrink by gzip: the middleware is told to leave them alone.
    request.META["HTTP_ACCEPT_ENCODING"] = "identity"
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    if path.startswith("pictures/"):
        response["Cache-Control"] = IMMUTABLE
    return response
