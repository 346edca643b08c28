"""`python -m rtproxy`: the program, where its script is not on the PATH."""

from rtproxy.cli import main

main(prog_name="rtproxy")
