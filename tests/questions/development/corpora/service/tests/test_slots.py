import unittest
from datetime import date, datetime, timedelta
from pathlib import Path

from larkway import settings
from larkway.errors import HoldExpired, NotConfigured, SlotFull
from larkway.models import Delivery, Parcel, State
from larkway.slots import Slots
from larkway.store import Store

CONFIG = Path(__file__).parent.parent / "config" / "defaults.toml"
ENV = {
    "LARKWAY_SIGNING_KEY": "k",
    "LARKWAY_MONETTA_TOKEN": "t",
    "LARKWAY_SMS_KEY": "s",
    "LARKWAY_DEPOT_POINT": "51.96,7.62",
    "LARKWAY_SLOTS_PARCELS_PER_SLOT": "2",
    "LARKWAY_SLOTS_HOLD_MINUTES": "5",
}
NOW = datetime(2025, 3, 4, 9, 0)


def delivery(hour=12, day=4):
    return Delivery(0, 1, Parcel(1000, 10, 10, 10), (51.9, 7.6), (51.9, 7.6), "+49", datetime(2025, 3, day, hour))


class SlotsTest(unittest.TestCase):
    def setUp(self):
        self.store = Store()
        self.slots = Slots(settings.load(ENV, CONFIG), self.store)

    def test_thirteen_windows_a_day(self):
        self.assertEqual(len(self.slots.windows(date(2025, 3, 4))), 13)

    def test_full(self):
        self.slots.take(delivery(), NOW)
        self.slots.take(delivery(), NOW)
        with self.assertRaises(SlotFull):
            self.slots.take(delivery(), NOW)

    def test_needs_lead_time(self):
        with self.assertRaises(SlotFull):
            self.slots.take(delivery(hour=9), NOW)

    def test_too_far_ahead(self):
        with self.assertRaises(SlotFull):
            self.slots.take(delivery(day=11), NOW)

    def test_unpaid_is_released(self):
        held = self.slots.take(delivery(), NOW)
        self.assertEqual(self.slots.release_expired(NOW + timedelta(minutes=4)), 0)
        self.assertEqual(self.slots.release_expired(NOW + timedelta(minutes=6)), 1)
        self.assertIs(self.store.delivery(held.id).state, State.CANCELLED)

    def test_paying_too_late(self):
        held = self.slots.take(delivery(), NOW)
        with self.assertRaises(HoldExpired):
            self.slots.check_hold(held, NOW + timedelta(minutes=6))

    def test_refuses_to_start_without_secrets(self):
        with self.assertRaises(NotConfigured):
            settings.load({}, CONFIG)
