"""Event lines: CloudEvents 1.0 as JSON, one event a line, for the converters and the generator.

The members stand in one fixed order and without spaces, so that the same input gives the same
bytes. Only Python's standard library is used.
"""

import json
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MILLISECOND = timedelta(milliseconds=1)


def instant_ms(text):
    """RFC 3339 text with an offset -> milliseconds since 1970 UTC. ValueError when it is none.

    Digits finer than a millisecond round up to the next one, as the language does with instants.
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("an instant without an offset: " + text)
    micro = (moment - EPOCH) // timedelta(microseconds=1)
    return -(-micro // 1000)


def instant_text(ms, offset_minutes):
    """Milliseconds since 1970 UTC -> RFC 3339 text at that offset; milliseconds only when not 0."""
    zone = timezone(timedelta(minutes=offset_minutes))
    moment = (EPOCH + ms * MILLISECOND).astimezone(zone)
    parts = "milliseconds" if ms % 1000 else "seconds"
    return moment.isoformat(timespec=parts)


def event_line(ident, source, kind, time, data, actor=None):
    """One event as a line of text without its newline. `time` is RFC 3339 text, `data` a dict."""
    event = {"specversion": "1.0", "id": ident, "source": source, "type": kind, "time": time}
    if actor is not None:
        event["actor"] = actor
    event["data"] = data
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
