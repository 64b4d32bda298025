"""Settings: defaults from a TOML file, secrets from the environment.

The environment wins over the file. A value such as ``[slots] hold_minutes`` can be
overridden with ``LARKWAY_SLOTS_HOLD_MINUTES``.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from larkway.errors import NotConfigured

PREFIX = "LARKWAY_"

# Without these the process refuses to start. Order is the order of the complaint.
REQUIRED = (
    "LARKWAY_SIGNING_KEY",      # signs session tokens and tracking links
    "LARKWAY_MONETTA_TOKEN",    # card charges
    "LARKWAY_SMS_KEY",          # text messages
    "LARKWAY_DEPOT_POINT",      # "lat,lon" of the depot door
)

# Nice to have.
OPTIONAL = {
    "LARKWAY_GEO_KEY": "",            # without it the geo service is asked anonymously (slower)
    "LARKWAY_MAIL_HOST": "localhost",
    "LARKWAY_LOG_LEVEL": "INFO",
    "LARKWAY_DB_PATH": "larkway.sqlite3",
}


@dataclass(frozen=True)
class Settings:
    """Everything the rest of the code may ask for."""

    values: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, str] = field(repr=False)
    depot: tuple[float, float] = (0.0, 0.0)

    def get(self, section: str, key: str) -> Any:
        try:
            return self.values[section][key]
        except KeyError:
            raise NotConfigured(f"no setting [{section}] {key}") from None

    def secret(self, name: str) -> str:
        return self.secrets[PREFIX + name]


def _cast(text: str, like: Any) -> Any:
    """Turn an environment string into the type of the default it replaces."""
    if isinstance(like, bool):
        return text.strip().lower() in ("1", "true", "yes", "on")
    if isinstance(like, int):
        return int(text)
    if isinstance(like, float):
        return float(text)
    return text


def _point(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise NotConfigured(f"LARKWAY_DEPOT_POINT is not 'lat,lon': {text!r}") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise NotConfigured("LARKWAY_DEPOT_POINT is not on this planet")
    return lat, lon


def load(env: Mapping[str, str] | None = None, path: str | Path | None = None) -> Settings:
    env = os.environ if env is None else env
    missing = [name for name in REQUIRED if not env.get(name)]
    if missing:
        raise NotConfigured("set " + ", ".join(missing))
    path = Path(path or env.get("LARKWAY_CONFIG", "config/defaults.toml"))
    with path.open("rb") as file:
        values = tomllib.load(file)
    for section, pairs in values.items():
        for key, default in pairs.items():
            override = env.get(f"{PREFIX}{section}_{key}".upper())
            if override is not None:
                pairs[key] = _cast(override, default)
    secrets = {name: env[name] for name in REQUIRED}
    secrets.update({name: env.get(name, default) for name, default in OPTIONAL.items()})
    return Settings(values, secrets, _point(env["LARKWAY_DEPOT_POINT"]))
