"""What a delivery costs. All amounts are euro cents, tax included.

    price = (base + distance + weight) * (1 + surcharges) - member discount

then rounded up to the next five cents.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from larkway.models import Delivery, Parcel

BASE = 420
FREE_KM = 2.0
PER_KM = 95

# (up to grams, cents)
WEIGHT_BANDS = (
    (3_000, 0),
    (10_000, 150),
    (20_000, 380),
    (35_000, 690),
)

EVENING_FROM_HOUR = 19
EVENING_PCT = 15
SUNDAY_PCT = 22
FRAGILE_CENTS = 110
MEMBER_PCT = 10

# Until when a sender gets everything back, and what we keep afterwards.
FREE_CANCEL_MINUTES = 90
LATE_CANCEL_KEEP_PCT = 50

# What of the fare goes to the rider.
RIDER_SHARE_PCT = 72

# Handed over after the window has ended: a voucher for the sender.
LATE_AFTER_MINUTES = 25
LATE_VOUCHER_CENTS = 300


def weight_cents(weight_g: int) -> int:
    for limit, cents in WEIGHT_BANDS:
        if weight_g <= limit:
            return cents
    raise ValueError(f"no weight band for {weight_g} g")


def surcharge_pct(start: datetime) -> int:
    """Evening and Sunday add up: a Sunday evening pays both."""
    pct = 0
    if start.hour >= EVENING_FROM_HOUR:
        pct += EVENING_PCT
    if start.weekday() == 6:
        pct += SUNDAY_PCT
    return pct


def round_up_5(cents: float) -> int:
    whole = int(cents + 0.9999)
    return whole + (-whole) % 5


def quote(parcel: Parcel, km: float, start: datetime, member: bool = False) -> int:
    parcel.check()
    cents = BASE + max(0.0, km - FREE_KM) * PER_KM + weight_cents(parcel.weight_g)
    if parcel.fragile:
        cents += FRAGILE_CENTS
    cents *= 1 + surcharge_pct(start) / 100
    if member:
        cents *= 1 - MEMBER_PCT / 100
    return round_up_5(cents)


def refund_on_cancel(delivery: Delivery, now: datetime) -> int:
    """Cents that go back to the sender's card."""
    if now <= delivery.window_start - timedelta(minutes=FREE_CANCEL_MINUTES):
        return delivery.price_cents
    return delivery.price_cents * (100 - LATE_CANCEL_KEEP_PCT) // 100


def rider_pay(delivery: Delivery) -> int:
    return delivery.price_cents * RIDER_SHARE_PCT // 100


def late_voucher(window_end: datetime, handed_over: datetime) -> int:
    late = handed_over - window_end
    return LATE_VOUCHER_CENTS if late > timedelta(minutes=LATE_AFTER_MINUTES) else 0
