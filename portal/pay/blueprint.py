"""The one blueprint of a payer's pages; their addresses are keys, so they stay out of caches and search engines."""

from flask import Blueprint, Response

blueprint = Blueprint("pay", __name__)


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    """Keep caches and search engines away."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
