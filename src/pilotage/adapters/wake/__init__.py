"""Hints that something became due. Truth is in the store; a lost hint only costs a poll interval."""
