"""What a person or a program can ask for: one module a subject, the same for the command line, the API and the web."""
