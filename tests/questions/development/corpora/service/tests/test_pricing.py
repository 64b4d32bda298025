import unittest
from datetime import datetime, timedelta

from larkway import pricing
from larkway.errors import TooHeavy
from larkway.models import Delivery, Parcel

TUESDAY = datetime(2025, 3, 4, 10)
SUNDAY = datetime(2025, 3, 9, 10)


def parcel(weight_g=1000, **more):
    return Parcel(weight_g, 30, 20, 20, **more)


class Quote(unittest.TestCase):
    def test_short_and_light_is_the_base_price(self):
        self.assertEqual(pricing.quote(parcel(), 1.4, TUESDAY), 420)

    def test_kilometres_beyond_the_first_two(self):
        self.assertEqual(pricing.quote(parcel(), 4.0, TUESDAY), 610)

    def test_weight(self):
        self.assertEqual(pricing.quote(parcel(9_000), 1.0, TUESDAY), 570)

    def test_too_heavy(self):
        with self.assertRaises(TooHeavy):
            pricing.quote(parcel(36_000), 1.0, TUESDAY)

    def test_sunday_evening_pays_both(self):
        evening = SUNDAY.replace(hour=19)
        self.assertEqual(pricing.surcharge_pct(evening), 37)

    def test_member(self):
        self.assertEqual(pricing.quote(parcel(), 1.0, TUESDAY, member=True), 380)

    def test_rounds_up(self):
        self.assertEqual(pricing.round_up_5(381.2), 385)
        self.assertEqual(pricing.round_up_5(385), 385)


class Cancel(unittest.TestCase):
    def setUp(self):
        self.delivery = Delivery(1, 1, parcel(), (0, 0), (0, 0), "", TUESDAY, price_cents=1000)

    def test_in_time(self):
        now = TUESDAY - timedelta(minutes=91)
        self.assertEqual(pricing.refund_on_cancel(self.delivery, now), 1000)

    def test_late(self):
        now = TUESDAY - timedelta(minutes=20)
        self.assertEqual(pricing.refund_on_cancel(self.delivery, now), 500)


class Late(unittest.TestCase):
    def test_voucher_only_after_a_while(self):
        end = TUESDAY + timedelta(hours=1)
        self.assertEqual(pricing.late_voucher(end, end + timedelta(minutes=25)), 0)
        self.assertEqual(pricing.late_voucher(end, end + timedelta(minutes=26)), 300)
