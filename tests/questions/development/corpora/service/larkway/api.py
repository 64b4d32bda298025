"""HTTP in and out: a small WSGI application, no framework.

Routes are collected by the `route` decorator. `login=True` means that the caller must
send `Authorization: Bearer <token>`; the handler then gets `request.sender`.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from wsgiref.simple_server import make_server

from larkway import pricing, routing
from larkway.auth import MIN_PASSWORD, Auth, hash_password
from larkway.dispatch import Dispatcher
from larkway.errors import LarkwayError, NeedsLogin, NotFound
from larkway.models import Delivery, Parcel, Sender, State
from larkway.notify import Notifier
from larkway.payments import Payments
from larkway.settings import Settings
from larkway.slots import Slots
from larkway.store import Store
from larkway.webhooks import Webhooks

log = logging.getLogger(__name__)

ROUTES: list[tuple[str, re.Pattern, object, bool]] = []


def route(method: str, pattern: str, login: bool = False):
    regex = re.compile("^" + re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", pattern) + "$")

    def register(handler):
        ROUTES.append((method, regex, handler, login))
        return handler

    return register


class App:
    def __init__(self, settings: Settings, store: Store | None = None):
        self.settings = settings
        self.store = store or Store(settings.secrets["LARKWAY_DB_PATH"])
        self.auth = Auth(settings, self.store)
        self.slots = Slots(settings, self.store)
        self.notifier = Notifier(settings)
        self.payments = Payments(settings)
        self.dispatcher = Dispatcher(self.store, self.notifier)
        self.webhooks = Webhooks(settings, self.store, self.notifier)
        self.geocoder = routing.Geocoder(settings, self.store)

    # WSGI --------------------------------------------------------------------

    def __call__(self, environ, start_response):
        try:
            status, body = 200, self.handle(environ)
        except LarkwayError as error:
            status, body = error.status, error.as_json()
        except Exception:
            log.exception("%s %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            status, body = 500, {"error": "internal"}
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        start_response(f"{status} -", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]

    def handle(self, environ):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for wanted, regex, handler, login in ROUTES:
            match = regex.match(path)
            if match and wanted == method:
                request = SimpleNamespace(now=datetime.now(), sender=None, **match.groupdict())
                request.body = self._body(environ)
                request.query = dict(p.split("=", 1) for p in environ.get("QUERY_STRING", "").split("&") if "=" in p)
                if login:
                    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
                    if kind != "Bearer":
                        raise NeedsLogin()
                    request.sender = self.auth.sender_of(token, request.now)
                return handler(self, request)
        raise NotFound(path)

    def _body(self, environ) -> dict:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > self.settings.get("http", "max_body_kb") * 1024:
            raise LarkwayError("too much")
        return json.loads(environ["wsgi.input"].read(length)) if length else {}

    # nightly -------------------------------------------------------------------

    def compare_books(self, now: datetime) -> None:
        """Our total of yesterday against Monetta's. A difference rings at the depot."""
        day = now - timedelta(days=1)
        theirs = self.payments.settle_report(day)["total"]
        rows = self.store.execute(
            "select body from delivery where state not in ('held','cancelled') and window_start like ?",
            f"{day:%Y-%m-%d}%",
        )
        ours = sum(json.loads(body)["price_cents"] for (body,) in rows)
        if ours != theirs:
            self.notifier.depot(f"books differ for {day:%d.%m.}: ours {ours}, Monetta {theirs}")

    def forget_failed_logins(self, now: datetime) -> None:
        self.store.execute("delete from failed_login where at<?", (now - timedelta(days=7)).isoformat())


@route("GET", "/healthz")
def health(app: App, request):
    app.store.execute("select 1")
    return "ok"


@route("POST", "/v1/senders")
def sign_up(app: App, request):
    password = request.body["password"]
    if len(password) < MIN_PASSWORD:
        raise LarkwayError(f"password needs {MIN_PASSWORD} characters")
    sender = Sender(0, request.body["email"], request.body.get("phone", ""), hash_password(password))
    return {"id": app.store.save_sender(sender).id}


@route("POST", "/v1/login")
def login(app: App, request):
    return {"token": app.auth.login(request.body["email"], request.body["password"], request.now)}


@route("GET", "/v1/windows/<day>")
def windows(app: App, request):
    return {"windows": app.slots.free(date.fromisoformat(request.day), request.now)}


@route("POST", "/v1/quotes")
def quote(app: App, request):
    """A price without a booking. Open to everybody, the shop on our page uses it."""
    a = app.geocoder.find(request.body["from"], request.now)
    b = app.geocoder.find(request.body["to"], request.now)
    routing.check_area(app.settings, a, b)
    start = datetime.fromisoformat(request.body["start"])
    return {"cents": pricing.quote(Parcel(**request.body["parcel"]), routing.ride_km(a, b), start)}


@route("POST", "/v1/deliveries", login=True)
def book(app: App, request):
    a = app.geocoder.find(request.body["from"], request.now)
    b = app.geocoder.find(request.body["to"], request.now)
    routing.check_area(app.settings, a, b)
    parcel = Parcel(**request.body["parcel"])
    start = datetime.fromisoformat(request.body["start"])
    price = pricing.quote(parcel, routing.ride_km(a, b), start, request.sender.member)
    delivery = Delivery(0, request.sender.id, parcel, a, b, request.body["receiver_phone"], start, price)
    delivery = app.slots.take(delivery, request.now)
    return {"id": delivery.id, "cents": price, "track": app.auth.tracking_code(delivery)}


@route("POST", "/v1/deliveries/<id>/pay", login=True)
def pay(app: App, request):
    delivery = own(app, request)
    app.slots.check_hold(delivery, request.now)
    charge = app.payments.charge(delivery, request.body["card"])
    app.store.save_delivery(delivery)
    app.notifier.send("receipt", delivery, to=request.sender, price=f"{delivery.price_cents / 100:.2f} EUR")
    app.webhooks.announce(request.sender, delivery, request.now)
    return {"charge": charge}


@route("POST", "/v1/deliveries/<id>/cancel", login=True)
def cancel(app: App, request):
    delivery = own(app, request)
    back = pricing.refund_on_cancel(delivery, request.now)
    delivery.move_to(State.CANCELLED)
    app.store.save_delivery(delivery)
    app.payments.refund(request.body["charge"], back)
    app.notifier.send("called_off", delivery)
    app.webhooks.announce(request.sender, delivery, request.now)
    return {"refund_cents": back}


@route("GET", "/v1/track/<code>")
def track(app: App, request):
    """For the receiver: no login, the code is the key."""
    delivery = app.auth.tracked(request.code)
    answer = {"state": delivery.state.value, "start": delivery.window_start.isoformat()}
    if delivery.state is State.PICKED_UP and delivery.rider_id:
        rider = app.store.rider(delivery.rider_id)
        if rider.point:
            answer["minutes"] = round(routing.ride_minutes(rider.point, delivery.to_point))
    return answer


def own(app: App, request) -> Delivery:
    delivery = app.store.delivery(int(request.id))
    if delivery.sender_id != request.sender.id:
        raise NotFound(f"delivery {request.id}")     # not 403: do not tell that it exists
    return delivery


def serve(app: App) -> None:
    host, port = app.settings.get("http", "host"), app.settings.get("http", "port")
    log.info("listening on %s:%s", host, port)
    make_server(host, port, app).serve_forever()
