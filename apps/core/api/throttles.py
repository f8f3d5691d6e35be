from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class ActorThrottle(SimpleRateThrottle):
    """Counts requests per person or API key. A view with `throttle_scope` has its own limit."""

    scope = "actor"

    def allow_request(self, request: Request, view: Any) -> bool:
        self.scope = getattr(view, "throttle_scope", None) or "actor"
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        actor = getattr(request, "actor", None)
        who = f"{actor.kind}:{actor.user_id}" if actor and actor.is_authenticated else self.get_ident(request)
        return f"throttle:{self.scope}:{who}"
