"""Messages to people: text messages, mail, and pushes to the rider app."""

from __future__ import annotations

import json
import logging
import smtplib
import urllib.request
from datetime import datetime
from email.message import EmailMessage

from larkway.models import Delivery, Rider, Sender
from larkway.settings import Settings

log = logging.getLogger(__name__)

SMS_URL = "https://sms.example.org/send"
DEPOT_PHONE = "+49 555 0142 70"

# name: (channel, text). Channel "sms" goes to the receiver, "mail" to the sender.
TEMPLATES = {
    "rider_assigned": ("sms", "{rider} will bring your parcel between {start} and {end}. Follow: {link}"),
    "nearby": ("sms", "Your parcel is about five minutes away."),
    "handed_over": ("sms", "Your parcel was handed over at {time}. Thanks!"),
    "nobody_home": ("sms", "We rang, nobody opened. We try once more today. Call {depot} for another day."),
    "called_off": ("sms", "The sender has called off the delivery planned for {start}."),
    "receipt": ("mail", "Thank you. We charged {price} for delivery {id}."),
    "webhook_paused": ("mail", "Your webhook has failed for a whole day, so we paused it."),
    "statement": ("mail", "Your statement for {month} is attached."),
}

# These wait until the morning when they would arrive at night.
CAN_WAIT = {"called_off", "webhook_paused", "statement"}


class Notifier:
    def __init__(self, settings: Settings, opener=urllib.request.urlopen, smtp=smtplib.SMTP):
        self.settings, self.opener, self.smtp = settings, opener, smtp
        self.limit = settings.get("notify", "sms_max_chars")
        self.waiting: list[tuple[str, str]] = []

    def quiet(self, now: datetime) -> bool:
        hour = now.hour
        return hour >= self.settings.get("notify", "quiet_from") or hour < self.settings.get("notify", "quiet_until")

    def send(self, name: str, delivery: Delivery, to: Sender | None = None, **words) -> None:
        channel, text = TEMPLATES[name]
        words.setdefault("id", delivery.id)
        words.setdefault("start", f"{delivery.window_start:%H:%M}")
        words.setdefault("end", f"{delivery.window_start.hour + 1}:00")
        words.setdefault("depot", DEPOT_PHONE)
        words.setdefault("link", f"https://larkway.example/t/{delivery.id}")
        text = text.format_map(_Blank(words))
        if channel == "sms":
            if name in CAN_WAIT and self.quiet(datetime.now()):
                self.waiting.append((delivery.receiver_phone, text))
            else:
                self._sms(delivery.receiver_phone, text)
        elif to is not None:
            self._mail(to.email, name, text)

    def flush_waiting(self, now: datetime) -> int:
        if self.quiet(now):
            return 0
        waiting, self.waiting = self.waiting, []
        for phone, text in waiting:
            self._sms(phone, text)
        return len(waiting)

    def push(self, rider: Rider, delivery: Delivery) -> None:
        log.info("push to rider %s: delivery %s", rider.id, delivery.id)

    def depot(self, text: str) -> None:
        """Something a human at the depot must look at."""
        log.error("DEPOT: %s", text)
        self._sms(DEPOT_PHONE, text)

    def _sms(self, phone: str, text: str) -> None:
        body = {"from": self.settings.get("notify", "sender_name"), "to": phone, "text": text[: self.limit]}
        request = urllib.request.Request(
            SMS_URL, data=json.dumps(body).encode(), headers={"X-Key": self.settings.secret("SMS_KEY")}
        )
        try:
            self.opener(request, timeout=5).close()
        except OSError as problem:
            # A lost text is annoying, not fatal. Never fail a delivery because of it.
            log.warning("sms to %s: %s", phone[-3:], problem)

    def _mail(self, address: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "post@larkway.example", address, subject
        message.set_content(text)
        with self.smtp(self.settings.secrets.get("LARKWAY_MAIL_HOST", "localhost"), timeout=10) as server:
            server.send_message(message)


class _Blank(dict):
    def __missing__(self, key):
        return ""
