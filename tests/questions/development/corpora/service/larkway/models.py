"""Plain records. No behaviour beyond what a record knows about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from larkway.errors import TooHeavy, WrongState

# A single parcel, not a whole load (see dispatch.py for that).
MAX_PARCEL_G = 35_000
MAX_DECLARED_VALUE_CENTS = 40_000


class State(str, Enum):
    HELD = "held"              # window kept, not paid yet
    BOOKED = "booked"          # paid
    OFFERED = "offered"        # a rider is being asked
    ASSIGNED = "assigned"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    RETURNED = "returned"      # handed back at the depot
    CANCELLED = "cancelled"


# from -> allowed next states
NEXT = {
    State.HELD: {State.BOOKED, State.CANCELLED},
    State.BOOKED: {State.OFFERED, State.CANCELLED},
    State.OFFERED: {State.ASSIGNED, State.BOOKED, State.CANCELLED},
    State.ASSIGNED: {State.PICKED_UP, State.BOOKED, State.CANCELLED},
    State.PICKED_UP: {State.DELIVERED, State.RETURNED},
    State.DELIVERED: set(),
    State.RETURNED: {State.BOOKED},
    State.CANCELLED: set(),
}


@dataclass
class Parcel:
    weight_g: int
    length_cm: int
    width_cm: int
    height_cm: int
    declared_value_cents: int = 0
    fragile: bool = False

    def check(self) -> None:
        if self.weight_g > MAX_PARCEL_G:
            raise TooHeavy(limit_g=MAX_PARCEL_G)
        if self.declared_value_cents > MAX_DECLARED_VALUE_CENTS:
            raise TooHeavy("declared value too high", limit_cents=MAX_DECLARED_VALUE_CENTS)

    @property
    def litres(self) -> float:
        return self.length_cm * self.width_cm * self.height_cm / 1000


@dataclass
class Rider:
    id: int
    name: str
    phone: str
    wheels: int = 2            # 2, or 3 for the big boxes
    on_shift: bool = False
    load_g: int = 0
    point: tuple[float, float] | None = None
    seen_at: datetime | None = None


@dataclass
class Delivery:
    id: int
    sender_id: int
    parcel: Parcel
    from_point: tuple[float, float]
    to_point: tuple[float, float]
    receiver_phone: str
    window_start: datetime
    price_cents: int = 0
    state: State = State.HELD
    held_at: datetime | None = None
    rider_id: int | None = None
    offered_at: datetime | None = None
    refused_by: list[int] = field(default_factory=list)
    attempts: int = 0

    def move_to(self, state: State) -> None:
        if state not in NEXT[self.state]:
            raise WrongState(f"{self.state.value} -> {state.value}", state=self.state.value)
        self.state = state


@dataclass
class Sender:
    id: int
    email: str
    phone: str
    password_hash: str
    member: bool = False
    business: bool = False
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_paused: bool = False
