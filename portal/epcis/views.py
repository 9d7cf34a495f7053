"""The doors of this subject: for machines, and for people."""

from portal.epcis.api import blueprint as epcis
from portal.epcis.my_views import blueprint as lots

__all__ = ["epcis", "lots"]
