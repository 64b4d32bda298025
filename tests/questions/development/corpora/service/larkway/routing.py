"""Distances and addresses."""

from __future__ import annotations

import json
import logging
import math
import urllib.parse
import urllib.request
from datetime import datetime, timedelta

from larkway.errors import NotFound, OutOfArea
from larkway.settings import Settings
from larkway.store import Store

log = logging.getLogger(__name__)

EARTH_KM = 6371.0
STREET_FACTOR = 1.32       # streets are not straight; measured on 400 trips in 2024
MAX_KM_FROM_DEPOT = 7.5
AVERAGE_KMH = 14.5

Point = tuple[float, float]


def crow_km(a: Point, b: Point) -> float:
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


def ride_km(a: Point, b: Point) -> float:
    return crow_km(a, b) * STREET_FACTOR


def ride_minutes(a: Point, b: Point) -> float:
    return ride_km(a, b) / AVERAGE_KMH * 60


def check_area(settings: Settings, *points: Point) -> None:
    for point in points:
        if crow_km(settings.depot, point) > MAX_KM_FROM_DEPOT:
            raise OutOfArea(limit_km=MAX_KM_FROM_DEPOT)


def best_order(start: Point, stops: list[Point]) -> list[int]:
    """Nearest neighbour, then 2-opt until nothing gets better. Fine for a dozen stops."""
    left, order, here = set(range(len(stops))), [], start
    while left:
        nearest = min(left, key=lambda i: crow_km(here, stops[i]))
        order.append(nearest)
        left.remove(nearest)
        here = stops[nearest]

    def length(o):
        points = [start] + [stops[i] for i in o]
        return sum(crow_km(p, q) for p, q in zip(points, points[1:]))

    better = True
    while better:
        better = False
        for i in range(len(order) - 1):
            for j in range(i + 2, len(order) + 1):
                new = order[:i] + order[i:j][::-1] + order[j:]
                if length(new) + 1e-9 < length(order):
                    order, better = new, True
    return order


class Geocoder:
    """Address -> point, through the geo service, with a cache in the store."""

    def __init__(self, settings: Settings, store: Store, opener=urllib.request.urlopen):
        self.base = settings.get("geo", "service")
        self.timeout = settings.get("geo", "timeout_seconds")
        self.keep = timedelta(days=settings.get("geo", "cache_days"))
        self.key = settings.secrets.get("LARKWAY_GEO_KEY", "")
        self.store, self.opener = store, opener

    def find(self, address: str, now: datetime) -> Point:
        query = " ".join(address.upper().split())
        rows = self.store.execute("select lat, lon, at from geo_cache where query=?", query)
        if rows and now - datetime.fromisoformat(rows[0][2]) < self.keep:
            return rows[0][0], rows[0][1]
        url = f"{self.base}/search?" + urllib.parse.urlencode({"q": query, "key": self.key})
        with self.opener(url, timeout=self.timeout) as response:
            hits = json.load(response)
        if not hits:
            raise NotFound("address not found", address=address)
        lat, lon = float(hits[0]["lat"]), float(hits[0]["lon"])
        self.store.execute("insert or replace into geo_cache values (?,?,?,?)", query, lat, lon, now.isoformat())
        log.debug("geo: %s -> %s,%s", query, lat, lon)
        return lat, lon
