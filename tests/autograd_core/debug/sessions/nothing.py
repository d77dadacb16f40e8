"""A script that makes no graph."""

print("no Value here")
