"""Tell business senders what happens to their parcels.

One POST per change of state, signed with the sender's own secret:
    X-Larkway-Signature: hex(hmac_sha256(secret, body))
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import urllib.request
from datetime import datetime, timedelta

from larkway.models import Delivery, Sender
from larkway.notify import Notifier
from larkway.settings import Settings
from larkway.store import Store

log = logging.getLogger(__name__)

# minutes after the first try; the list must be at least `attempts` - 1 long
BACKOFF = (1, 5, 20, 60, 240, 480)


class Webhooks:
    def __init__(self, settings: Settings, store: Store, notifier: Notifier, opener=urllib.request.urlopen):
        self.attempts = settings.get("webhooks", "attempts")
        self.timeout = settings.get("webhooks", "timeout_seconds")
        self.pause_after = timedelta(hours=settings.get("webhooks", "pause_after_hours"))
        self.store, self.notifier, self.opener = store, notifier, opener
        self.queue: list[tuple[datetime, int, Sender, Delivery]] = []

    def announce(self, sender: Sender, delivery: Delivery, now: datetime) -> None:
        if sender.business and sender.webhook_url and not sender.webhook_paused:
            self.queue.append((now, 1, sender, delivery))

    def run_due(self, now: datetime) -> int:
        due = [item for item in self.queue if item[0] <= now]
        self.queue = [item for item in self.queue if item[0] > now]
        for _, attempt, sender, delivery in due:
            ok = self._post(sender, delivery)
            self.store.execute(
                "insert into webhook_try values (?,?,?,?)", delivery.id, sender.id, now.isoformat(), int(ok)
            )
            if not ok and attempt < self.attempts:
                later = now + timedelta(minutes=BACKOFF[attempt - 1])
                self.queue.append((later, attempt + 1, sender, delivery))
        return len(due)

    def _post(self, sender: Sender, delivery: Delivery) -> bool:
        body = json.dumps({"delivery": delivery.id, "state": delivery.state.value}).encode()
        signature = hmac.new(sender.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            sender.webhook_url,
            data=body,
            headers={"Content-Type": "application/json", "X-Larkway-Signature": signature},
        )
        try:
            with self.opener(request, timeout=self.timeout) as response:
                return 200 <= response.status < 300
        except OSError as problem:
            log.info("webhook of sender %s: %s", sender.id, problem)
            return False

    def pause_dead(self, now: datetime) -> int:
        """Pause senders with nothing but failures for a whole day."""
        since = (now - self.pause_after).isoformat()
        rows = self.store.execute(
            "select sender_id from webhook_try where at>? group by sender_id having max(ok)=0 and min(at)<?",
            since, (now - self.pause_after + timedelta(hours=1)).isoformat(),
        )
        for (sender_id,) in rows:
            sender = self.store.sender(sender_id)
            sender.webhook_paused = True
            self.store.save_sender(sender)
            self.notifier._mail(sender.email, "webhook_paused", "Your webhook has failed for a whole day.")
        return len(rows)
