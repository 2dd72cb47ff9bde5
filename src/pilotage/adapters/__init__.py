"""Adapters: the ports made real, one package a vendor or kind. They never import each other or the interfaces."""
