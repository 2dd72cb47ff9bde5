"""Everything a life imports, so that a forked one has it at once."""

import alembic.command
import httpx
import sqlalchemy.dialects.sqlite

import pilotage.adapters.clock.system
import pilotage.adapters.commands.performer
import pilotage.adapters.deploy.performer
import pilotage.adapters.flags.builtin
import pilotage.adapters.flags.by_hand
import pilotage.adapters.flags.exposure
import pilotage.adapters.http_requests.performer
import pilotage.adapters.metrics.prometheus
import pilotage.adapters.metrics.scrape
import pilotage.adapters.notify
import pilotage.adapters.plans_yaml.plans
import pilotage.adapters.storage.sqlite
import pilotage.adapters.wake.in_process
import pilotage.adapters.workers.beside_database
import pilotage.application.services
import tests.crash.carry_on

__all__ = ["alembic", "httpx", "pilotage", "sqlalchemy", "tests"]
