"""Who may still come in: by address, by user, and how much a user may ask for."""

from __future__ import annotations

import pytest

from rtproxy.resilience.admission import Admission, Allowances

FAR = "203.0.113.7"


def admission(**allowances: int) -> Admission:
    return Admission(Allowances(**allowances))


def is_welcome(door: Admission, address: str) -> bool:
    with door.visiting(address) as visit:
        return visit.rejected is None


def test_an_address_may_have_so_many_and_again_when_one_has_left() -> None:
    door = admission(address_sessions=2)
    with door.visiting(FAR):
        with door.visiting(FAR), door.visiting(FAR) as third:
            assert third.rejected is not None
            assert third.rejected.message.startswith("One address may have no more than 2 ")
            assert not is_welcome(door, FAR)
            assert is_welcome(door, "203.0.113.8")
        assert is_welcome(door, FAR)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_a_loopback_address_may_have_as_many_as_the_server(address: str) -> None:
    door = admission(address_sessions=1)
    with door.visiting(address), door.visiting(address):
        assert is_welcome(door, address)


@pytest.mark.parametrize("address", [FAR, "fe80::1%eth0", "::ffff:203.0.113.7", "", "a socket"])
def test_every_other_is_counted(address: str) -> None:
    door = admission(address_sessions=1)
    with door.visiting(address):
        assert not is_welcome(door, address)
    assert not door._addresses


def test_a_user_may_have_so_many_wherever_they_come_from() -> None:
    door = admission(user_sessions=2)
    with door.visiting(FAR) as one, door.visiting("::1") as two, door.visiting("::1") as three:
        assert one.name("ann", 0.0) is None
        assert two.name("ann", 0.0) is None
        refused = three.name("ann", 0.0)
        assert refused is not None
        assert "One user may have no more than 2 " in refused.message
        assert three.name("ben", 0.0) is None
    with door.visiting(FAR) as again:
        assert again.name("ann", 0.0) is None


def test_who_was_refused_does_not_count() -> None:
    door = admission(user_sessions=1)
    with door.visiting(FAR) as one:
        assert one.name("ann", 0.0) is None
        with door.visiting(FAR) as refused:
            assert refused.name("ann", 0.0)
    with door.visiting(FAR) as again:
        assert again.name("ann", 0.0) is None


def test_the_requests_of_a_user_are_counted_over_all_sessions() -> None:
    door = admission(requests_per_minute=3)
    with door.visiting(FAR) as one, door.visiting(FAR) as two:
        one.name("ann", 0.0)
        two.name("ann", 0.0)
        assert [one.request(0.0), two.request(0.0), one.request(0.0)] == [0.0, 0.0, 0.0]
        assert two.request(0.0) == pytest.approx(20.0)


def test_coming_again_does_not_help() -> None:
    door = admission(requests_per_minute=1)
    with door.visiting(FAR) as one:
        one.name("ann", 0.0)
        assert one.request(0.0) == 0.0
    with door.visiting(FAR) as again:
        again.name("ann", 10.0)
        assert again.request(10.0) == pytest.approx(50.0)


def test_of_a_user_that_is_not_known_nothing_is_counted() -> None:
    with admission(requests_per_minute=1).visiting(FAR) as visit:
        assert [visit.request(0.0) for _ in range(5)] == [0.0] * 5


def test_users_who_left_are_forgotten_in_time() -> None:
    door = admission()
    for number in range(10_000):
        with door.visiting(FAR) as visit:
            visit.name(f"user {number}", float(number))
            visit.request(float(number))
    assert len(door._users) <= 130
