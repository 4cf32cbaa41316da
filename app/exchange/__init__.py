"""What machines read and do: the acts API, OpenAPI, the log's addresses, the change feed (M06, M48)."""
