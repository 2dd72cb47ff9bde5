"""Programs for working on Pilotage itself; nothing here is shipped in the package."""
