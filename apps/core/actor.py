"""Who acts: built once per request from a session or an API key, or for a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo


class Role(StrEnum):
    """The seven roles. A person holds any number of them, each on a unit and everything below it."""

    FRONTLINE = "frontline"
    TEAM_LEAD = "team_lead"
    CX_MANAGER = "cx_manager"
    ANALYST = "analyst"
    FINANCE = "finance"
    EXECUTIVE = "executive"
    ADMINISTRATOR = "administrator"


class Kind(StrEnum):
    PERSON = "person"
    API_KEY = "api_key"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that reads and writes.

    `grants` maps each role held to the ids of all units it reaches (the unit of the membership and those below).
    `scopes` is None for people; an API key may do only what its scopes *and* its owner's roles allow.
    """

    kind: Kind
    user_id: int | None = None
    label: str = ""
    email: str = ""
    grants: dict[Role, frozenset[int]] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    time_zone: str = "UTC"
    language: str = "en-gb"
    number_format: str = "1,234.56"
    request_id: str = ""
    home_unit_id: int | None = None

    @classmethod
    def system(cls, label: str, *, request_id: str = "") -> Actor:
        """The actor of a job: sees everything, may do everything, and is named in the audit log."""
        return cls(kind=Kind.SYSTEM, label=label, request_id=request_id)

    @classmethod
    def anonymous(cls) -> Actor:
        """Nobody: sees nothing, may do nothing."""
        return cls(kind=Kind.ANONYMOUS, label="anonymous")

    @property
    def is_system(self) -> bool:
        return self.kind is Kind.SYSTEM

    @property
    def is_authenticated(self) -> bool:
        return self.kind is not Kind.ANONYMOUS

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(self.grants)

    def has_role(self, *roles: Role) -> bool:
        """Does the actor hold any of these roles on any unit? (Jobs hold none: ask `is_system`.)"""
        return any(role in self.grants for role in roles)

    def units(self, *roles: Role) -> frozenset[int]:
        """All unit ids reached by any of these roles; with no role given, by any role."""
        wanted = roles or tuple(self.grants)
        return (
            frozenset().union(*(self.grants.get(role, frozenset()) for role in wanted))
            if wanted
            else frozenset()
        )
