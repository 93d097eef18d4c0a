"""The client for threads; all but io.py is made from hypervex._async by tools/unasync.py."""
