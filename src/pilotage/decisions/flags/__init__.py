"""Built-in flags: how a definition says who is in, compiled once to closures and then evaluated quickly."""
