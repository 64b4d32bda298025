"""Errors that callers are meant to see.

`status` is the HTTP status `api.py` answers with; `code` is the short word in the
JSON body, which the web page translates. Anything that is not a LarkwayError becomes
a plain 500 and is logged with its traceback.
"""


class LarkwayError(Exception):
    status = 400
    code = "bad_request"

    def __init__(self, message: str = "", **details):
        super().__init__(message or self.__doc__ or self.code)
        self.details = details

    def as_json(self) -> dict:
        return {"error": self.code, "message": str(self), **self.details}


class NotConfigured(LarkwayError):
    """A setting is missing or makes no sense."""

    status = 500
    code = "not_configured"


class NotFound(LarkwayError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class NeedsLogin(LarkwayError):
    """Log in first."""

    status = 401
    code = "needs_login"


class LockedOut(LarkwayError):
    """Too many wrong passwords. Try again later."""

    status = 429
    code = "locked_out"


class OutOfArea(LarkwayError):
    """We do not ride that far."""

    status = 422
    code = "out_of_area"


class TooHeavy(LarkwayError):
    """The parcel is heavier than we carry."""

    status = 422
    code = "too_heavy"


class SlotFull(LarkwayError):
    """That time window is full."""

    status = 409
    code = "slot_full"


class HoldExpired(LarkwayError):
    """The time window was released because it was not paid for."""

    status = 410
    code = "hold_expired"


class CardRefused(LarkwayError):
    """The bank said no. Trying again would not help."""

    status = 402
    code = "card_refused"


class PaymentAbandoned(LarkwayError):
    """The card company could not be reached or kept saying 'later'."""

    # Not 402: nothing is wrong with the card. 424 lets the page offer "try again".
    status = 424
    code = "payment_abandoned"


class WrongState(LarkwayError):
    """The delivery is not in a state in which this can be done."""

    status = 409
    code = "wrong_state"


class BadSignature(LarkwayError):
    """A signed link or webhook does not check out."""

    status = 403
    code = "bad_signature"
