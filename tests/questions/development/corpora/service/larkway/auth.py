"""Logging in, session tokens, and signed tracking links."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta

from larkway.errors import BadSignature, LockedOut, NeedsLogin
from larkway.models import Delivery, Sender
from larkway.settings import Settings
from larkway.store import Store

ROUNDS = 240_000
MIN_PASSWORD = 10


def hash_password(password: str, salt: bytes | None = None) -> str:
    salt = salt or secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    return f"{salt.hex()}${digest.hex()}"


def password_matches(password: str, stored: str) -> bool:
    salt, _ = stored.split("$")
    return hmac.compare_digest(hash_password(password, bytes.fromhex(salt)), stored)


class Auth:
    def __init__(self, settings: Settings, store: Store):
        self.key = settings.secret("SIGNING_KEY").encode()
        self.session = timedelta(hours=settings.get("login", "session_hours"))
        self.max_failures = settings.get("login", "max_failures")
        self.window = timedelta(minutes=settings.get("login", "failure_window_minutes"))
        self.store = store

    def _sign(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:32]

    def login(self, email: str, password: str, now: datetime) -> str:
        since = (now - self.window).isoformat()
        (failures,), = self.store.execute("select count(*) from failed_login where email=? and at>?", email, since)
        if failures >= self.max_failures:
            raise LockedOut()
        sender = self.store.sender_by_email(email)
        if sender is None or not password_matches(password, sender.password_hash):
            self.store.execute("insert into failed_login values (?,?)", email, now.isoformat())
            raise NeedsLogin("wrong mail address or password")
        return self.token(sender, now)

    def token(self, sender: Sender, now: datetime) -> str:
        body = json.dumps({"sender": sender.id, "until": (now + self.session).isoformat()})
        packed = base64.urlsafe_b64encode(body.encode()).decode()
        return f"{packed}.{self._sign(packed)}"

    def sender_of(self, token: str, now: datetime) -> Sender:
        packed, _, signature = token.partition(".")
        if not hmac.compare_digest(signature, self._sign(packed)):
            raise NeedsLogin()
        body = json.loads(base64.urlsafe_b64decode(packed))
        if datetime.fromisoformat(body["until"]) < now:
            raise NeedsLogin("session is over")
        return self.store.sender(body["sender"])

    # Tracking links do not expire; they only show where the parcel is.

    def tracking_code(self, delivery: Delivery) -> str:
        return f"{delivery.id}-{self._sign(f'track:{delivery.id}')[:12]}"

    def tracked(self, code: str) -> Delivery:
        number, _, signature = code.partition("-")
        if not number.isdigit() or not hmac.compare_digest(signature, self._sign(f"track:{number}")[:12]):
            raise BadSignature()
        return self.store.delivery(int(number))
