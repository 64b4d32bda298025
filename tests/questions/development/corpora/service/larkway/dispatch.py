"""Who rides it.

A paid delivery is offered to one rider at a time, the best first. The rider accepts
or refuses in the rider app; silence counts as a refusal. Nobody is ever forced.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from larkway import routing
from larkway.models import Delivery, Rider, State
from larkway.notify import Notifier
from larkway.store import Store

log = logging.getLogger(__name__)

PAYLOAD_G = 90_000                      # frame limit of the bikes, rider not included
HEAVY_G = 18_000                        # from here on only three wheels
OFFER_SECONDS = 95                      # then the next rider is asked
OFFER_BEFORE = timedelta(minutes=50)    # start looking this long before the window
SEEN_WITHIN = timedelta(minutes=4)      # older positions are not trusted
ALARM_AFTER_REFUSALS = 6


def fits(rider: Rider, delivery: Delivery) -> bool:
    if rider.load_g + delivery.parcel.weight_g > PAYLOAD_G:
        return False
    return delivery.parcel.weight_g < HEAVY_G or rider.wheels >= 3


def score(rider: Rider, delivery: Delivery, now: datetime) -> float:
    """Lower is better: minutes to the pick-up, plus a bit for a bike already loaded."""
    if rider.point is None or rider.seen_at is None or now - rider.seen_at > SEEN_WITHIN:
        return 999.0
    minutes = routing.ride_minutes(rider.point, delivery.from_point)
    return minutes + 6.0 * rider.load_g / PAYLOAD_G


class Dispatcher:
    def __init__(self, store: Store, notifier: Notifier):
        self.store, self.notifier = store, notifier

    def candidates(self, delivery: Delivery, now: datetime) -> list[Rider]:
        riders = [r for r in self.store.riders_on_shift() if r.id not in delivery.refused_by and fits(r, delivery)]
        return sorted(riders, key=lambda r: score(r, delivery, now))

    def offer_due(self, now: datetime) -> int:
        """Offer every paid delivery whose window comes near."""
        count = 0
        for delivery in self.store.deliveries(State.BOOKED):
            if delivery.window_start - now <= OFFER_BEFORE:
                count += self.offer(delivery, now)
        return count

    def offer(self, delivery: Delivery, now: datetime) -> bool:
        if len(delivery.refused_by) >= ALARM_AFTER_REFUSALS:
            self.notifier.depot(f"nobody takes delivery {delivery.id}")
        riders = self.candidates(delivery, now)
        if not riders:
            log.warning("no rider for %s", delivery.id)
            return False
        delivery.move_to(State.OFFERED)
        delivery.rider_id, delivery.offered_at = riders[0].id, now
        self.store.save_delivery(delivery)
        self.notifier.push(riders[0], delivery)
        return True

    def accept(self, delivery: Delivery, rider: Rider) -> None:
        with self.store.transaction():
            delivery = self.store.delivery(delivery.id)
            if delivery.rider_id != rider.id:
                delivery.move_to(State.OFFERED)   # raises: somebody else has it
            delivery.move_to(State.ASSIGNED)
            rider.load_g += delivery.parcel.weight_g
            self.store.save_rider(rider)
            self.store.save_delivery(delivery)
        self.notifier.send("rider_assigned", delivery, rider=rider.name)

    def refuse(self, delivery: Delivery) -> None:
        delivery.refused_by.append(delivery.rider_id)
        delivery.rider_id = delivery.offered_at = None
        delivery.move_to(State.BOOKED)
        self.store.save_delivery(delivery)

    def reoffer_silent(self, now: datetime) -> int:
        silent = [
            d for d in self.store.deliveries(State.OFFERED)
            if now - d.offered_at > timedelta(seconds=OFFER_SECONDS)
        ]
        for delivery in silent:
            self.refuse(delivery)
            self.offer(delivery, now)
        return len(silent)
