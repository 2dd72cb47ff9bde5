"""The plan language: from a YAML file to a ``Plan``, or to every mistake in it at once."""
