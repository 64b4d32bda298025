"""Card charges through Monetta.

Monetta answers with one of three words: `ok`, `no` (final) or `later` (busy, bank
not reachable, ...). `later` and network trouble are tried again with growing pauses;
`no` is not. Every charge carries an idempotency key, so a repeat never charges twice.
"""

from __future__ import annotations

import json
import logging
import time
import urllib.error
import urllib.request
from datetime import datetime

from larkway.errors import CardRefused, PaymentAbandoned
from larkway.models import Delivery, State
from larkway.settings import Settings

log = logging.getLogger(__name__)

URL = "https://pay.monetta.example/charges"
TRIES = 4
FIRST_PAUSE = 1.5      # seconds; doubles each time
TIMEOUT = 8


class Payments:
    def __init__(self, settings: Settings, opener=urllib.request.urlopen, sleep=time.sleep):
        self.token = settings.secret("MONETTA_TOKEN")
        self.opener, self.sleep = opener, sleep

    def _post(self, url: str, body: dict, key: str) -> dict:
        request = urllib.request.Request(
            url,
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        with self.opener(request, timeout=TIMEOUT) as response:
            return json.load(response)

    def charge(self, delivery: Delivery, card: str) -> str:
        """Charge the price. Returns Monetta's charge id."""
        body = {"amount": delivery.price_cents, "currency": "EUR", "card": card}
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._post(URL, body, f"delivery-{delivery.id}")
            except (urllib.error.URLError, TimeoutError, ValueError) as problem:
                log.warning("charge %s, attempt %d: %s", delivery.id, attempt, problem)
                answer = {"result": "later"}
            if answer["result"] == "ok":
                delivery.move_to(State.BOOKED)
                return answer["id"]
            if answer["result"] == "no":
                raise CardRefused(answer.get("reason", ""))
            if attempt < TRIES:
                self.sleep(pause)
                pause *= 2
        raise PaymentAbandoned(delivery=delivery.id)

    def refund(self, charge_id: str, cents: int) -> None:
        if cents <= 0:
            return
        self._post(f"{URL}/{charge_id}/refunds", {"amount": cents}, f"refund-{charge_id}-{cents}")

    def settle_report(self, day: datetime) -> dict:
        """Yesterday's totals as Monetta sees them. Compared nightly with our own."""
        url = f"{URL}?day={day:%Y-%m-%d}&summary=1"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with self.opener(request, timeout=30) as response:
            return json.load(response)
