from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class StrictJSONParser(BaseParser):
    """JSON without NaN, infinity or lone surrogates: what cannot be stored is refused here, in words."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read() or b"null")
        except orjson.JSONDecodeError as error:
            raise ParseError(_("This is not valid JSON: %(error)s") % {"error": error}) from error
