"""Docstrings as people write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtproxy.tools.docstring import read_docstring

GOOGLE = """Tell how far an order is.

    It asks the warehouse first.
    Note:
        it may take a while.

    Args:
        number: of the order, as on
            the invoice.
        size (int): how large: very.

    Returns:
        nothing: of use.
    """
FIELDS = """Tell it.

    :param number: of the order,
        as on the invoice
    :param int size: how large
    :returns: nothing
    """


def test_a_section_of_arguments() -> None:
    read = read_docstring(GOOGLE)
    assert read.description == (
        "Tell how far an order is.\n\nIt asks the warehouse first.\nNote:\n    it may take a while."
    )
    assert read.parameters == {
        "number": "of the order, as on the invoice.",
        "size": "how large: very.",
    }


def test_fields_of_parameters() -> None:
    read = read_docstring(FIELDS)
    assert read.description == "Tell it."
    assert read.parameters == {"number": "of the order, as on the invoice", "size": "how large"}


def test_there_may_be_none() -> None:
    assert read_docstring(None) == read_docstring("") == read_docstring("  \n ")
    assert read_docstring("One line.").description == "One line."


@given(st.text(st.sampled_from("aA:() \n\t*Args")))
def test_any_text_can_be_read(text: str) -> None:
    read = read_docstring(text)
    assert "\0" not in read.description
