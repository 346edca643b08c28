"""What a core notes reaches the log, but not without end."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from rtproxy.runtime.notes import LINES_EACH, MINUTE_S, Notes


def test_of_each_name_so_many_are_logged_in_a_minute_and_the_last_says_so():
    now_s = [5.0]
    with capture_logs() as logged:
        notes = Notes(structlog.get_logger(), lambda: now_s[0])
        for number in range(3 * LINES_EACH):
            notes.write("client_message_refused", "info", {"number": number})
        notes.write("upstream_lost", "warning", {"code": 1006})
        now_s[0] += MINUTE_S
        notes.write("client_message_refused", "info", {"number": -1})
    refused = [line for line in logged if line["event"] == "client_message_refused"]
    assert [line["number"] for line in refused] == [*range(LINES_EACH), -1]
    told = ["further" in line for line in refused]
    assert told == [*([False] * (LINES_EACH - 1)), True, False]
    assert logged[-2] == {"event": "upstream_lost", "log_level": "warning", "code": 1006}
