"""Charts as SVG text, drawn here without a browser: for the command line, the API, web pages, records and the docs."""
