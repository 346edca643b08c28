"""Sound that ships with rtproxy; README.md beside this file says where it comes from."""
