"""What the steps of a random schedule are made of.

Owns the choices: which sizes, times, responses and answers are worth trying. Must
not know what a step does with them.
"""

from __future__ import annotations

from hypothesis import strategies as st

# Samples that are all different, twice over: any run of up to 65,536 is a slice.
RAMP = b"".join(one.to_bytes(2, "little") for one in range(65_536)) * 2
KINDS = [
    "event",
    "relayed",
    "passed on",
    "old name",
    "ignored",
    "unsure",
    "escaped",
    "binary",
    "ping",
    "bad audio",
]
PLAIN_AND_ESCAPED = (b'"type":', b'"\\u0074ype":')
RESPONSES = ["r1", "r2", "r3"]
responses = st.sampled_from(RESPONSES)
sides = st.sampled_from(["client", "upstream"])
frames = st.one_of(st.sampled_from([24, 480, 960, 2_400, 4_800, 12_000]), st.integers(1, 3_000))
ticks = st.sampled_from([1, 2, 5, 13, 20, 51, 102, 205, 512, 1_500])
texts = st.text(st.sampled_from('a "\\/\n\x00\x1f\x7fé\u2028😀'), max_size=6)
few_bytes = st.sampled_from([1, 7, 50, 300, 1_000, 5_000, 65_536])
which = st.integers(0, 7)

to_client = st.tuples(st.just("to_client"), st.one_of(st.none(), responses))
to_upstream = st.tuples(st.just("to_upstream"), st.none())
marks = st.tuples(st.sampled_from(["mark", "saying", "start"]), responses)
answers = st.lists(st.one_of(to_client, to_upstream, marks), max_size=4)
