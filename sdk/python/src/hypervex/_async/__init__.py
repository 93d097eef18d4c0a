"""The client for asyncio; all but io.py is also the source of hypervex._sync."""
