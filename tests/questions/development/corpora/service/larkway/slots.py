"""Time windows.

The day is cut into windows of equal length. A window holds a fixed number of
parcels. Picking a window *holds* it: the place is taken, but falls free again when
the sender does not pay in time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from larkway.errors import HoldExpired, LarkwayError, SlotFull
from larkway.models import Delivery, State
from larkway.settings import Settings
from larkway.store import Store

# Nobody can get a bike to your door faster than this.
LEAD_MINUTES = 40


class Slots:
    def __init__(self, settings: Settings, store: Store):
        get = lambda key: settings.get("slots", key)  # noqa: E731
        self.open_hour = get("open_hour")
        self.close_hour = get("close_hour")
        self.length = timedelta(minutes=get("length_minutes"))
        self.capacity = get("parcels_per_slot")
        self.hold = timedelta(minutes=get("hold_minutes"))
        self.days_ahead = get("days_ahead")
        self.store = store

    def windows(self, day: date) -> list[datetime]:
        start = datetime.combine(day, time(self.open_hour))
        end = datetime.combine(day, time(self.close_hour))
        found = []
        while start + self.length <= end:
            found.append(start)
            start += self.length
        return found

    def free(self, day: date, now: datetime) -> list[dict]:
        """Windows of a day that can still be picked, with the places left."""
        if not now.date() <= day <= now.date() + timedelta(days=self.days_ahead):
            return []
        earliest = now + timedelta(minutes=LEAD_MINUTES)
        result = []
        for start in self.windows(day):
            left = self.capacity - self.store.in_window(start)
            if start >= earliest and left > 0:
                result.append({"start": start.isoformat(), "left": left})
        return result

    def take(self, delivery: Delivery, now: datetime) -> Delivery:
        start = delivery.window_start
        if start not in self.windows(start.date()):
            raise LarkwayError("not one of our time windows", start=start.isoformat())
        if start < now + timedelta(minutes=LEAD_MINUTES):
            raise SlotFull("too late for that window")
        if start.date() > now.date() + timedelta(days=self.days_ahead):
            raise SlotFull("not open for booking yet")
        with self.store.transaction():
            if self.store.in_window(start) >= self.capacity:
                raise SlotFull()
            delivery.state, delivery.held_at = State.HELD, now
            return self.store.save_delivery(delivery)

    def check_hold(self, delivery: Delivery, now: datetime) -> None:
        if delivery.state is State.HELD and self.expired(delivery, now):
            raise HoldExpired()

    def expired(self, delivery: Delivery, now: datetime) -> bool:
        return delivery.held_at is not None and now - delivery.held_at > self.hold

    def release_expired(self, now: datetime) -> int:
        count = 0
        for delivery in self.store.deliveries(State.HELD):
            if self.expired(delivery, now):
                delivery.move_to(State.CANCELLED)
                self.store.save_delivery(delivery)
                count += 1
        return count
