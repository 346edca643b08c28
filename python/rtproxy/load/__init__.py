"""The load generator: many conversations at once, in real time, and what they cost.

`plan` says how much, `run` does it, a `Call` is one conversation (`echo_call` or
`turn_call`), `tally` counts, `report` says what it came to. `arrangement` starts a
proxy and an upstream to load where there is none. Pure but for `run`, `arrangement`
and `gauges`. Must not know how anything is shown.
"""
