"""The small grammars of the plan language: one file each, text in, nouns of the domain out.

Every parser raises ``mistakes.GrammarError`` (what is wrong, what was expected, a suggestion, and the character where),
and nothing else, whatever it is given. Names in scope come in as ``names.Names``.
"""
