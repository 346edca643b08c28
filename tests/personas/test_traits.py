"""Traits in words: one sentence a step, the same for the same numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.field_rules import FieldError
from rtproxy.model.traits import TRAITS, read_traits
from rtproxy.personas.traits import traits_in_words

NUMBERS = st.dictionaries(st.sampled_from(TRAITS), st.integers(0, 100))


def test_the_traits_are_those_of_the_contract():
    assert TRAITS == ("playfulness", "empathy", "humor", "intelligence", "supportiveness")


@pytest.mark.parametrize("trait", TRAITS)
def test_a_trait_has_five_steps_of_twenty(trait: str):
    told = [traits_in_words({trait: value}) for value in range(101)]
    changes = [value for value, (before, now) in enumerate(pairwise(told), 1) if before != now]
    assert changes == [20, 40, 60, 80]
    assert len(set(told)) == 5


@given(traits=NUMBERS)
def test_the_same_numbers_give_the_same_text_in_whatever_order(traits: dict[str, int]):
    turned = dict(reversed(traits.items()))
    words = traits_in_words(traits)
    assert traits_in_words(turned) == words
    assert len(words.splitlines()) == (len(traits) + 1 if traits else 0)


@given(traits=NUMBERS)
def test_good_traits_are_read_as_they_are(traits: dict[str, int]):
    assert read_traits(traits) == traits


@pytest.mark.parametrize(
    ("fields", "param", "may_be"),
    [
        ({"humor": -1}, "traits.humor", "a whole number from 0 to 100"),
        ({"humor": 101}, "traits.humor", "a whole number from 0 to 100"),
        ({"humor": 50.5}, "traits.humor", "a whole number from 0 to 100"),
        ({"humor": True}, "traits.humor", "a whole number from 0 to 100"),
        ({"humor": "much"}, "traits.humor", "a whole number from 0 to 100"),
        ({"humour": 50}, "traits.humour", "did you mean humor?"),
        ({"zzz": 50}, "traits.zzz", "playfulness, empathy"),
    ],
)
def test_a_bad_trait_is_named_with_what_it_may_be(fields: Any, param: str, may_be: str):
    with pytest.raises(FieldError) as caught:
        read_traits(fields)
    assert caught.value.param == param
    assert may_be in caught.value.message
