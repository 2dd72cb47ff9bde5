"""The HTTP faces: the JSON API and OFREP, through which every OpenFeature SDK reads flags."""
