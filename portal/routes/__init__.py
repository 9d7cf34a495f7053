"""The one table: every blueprint, and for every route and method its guard. A route that is missing fails the start.

A file for each kind of work: `people`, `sellers`, `traceability`, `collecting`, `paying`, `figures`;
`who` names the roles. Two files can't claim one route: the start fails on it.
"""

from portal.guards import Table
from portal.routes import collecting, figures, paying, people, sellers, traceability
from portal.routes.who import Room

FILES = (people, sellers, traceability, collecting, paying, figures)

BLUEPRINTS: tuple[Room, ...] = tuple(room for file in FILES for room in file.BLUEPRINTS)
GUARDS: Table = {endpoint: methods for file in FILES for endpoint, methods in file.GUARDS.items()}

if len(GUARDS) != sum(len(file.GUARDS) for file in FILES):
    raise RuntimeError("Two files of portal/routes guard the same route: leave it in one.")
