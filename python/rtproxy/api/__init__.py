"""The HTTP side: what operators and load balancers ask."""
