"""The benchmarks: each compares something of ours with something beside it, in one run."""
