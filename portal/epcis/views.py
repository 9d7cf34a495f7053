"""The doors of this subject: for machines."""

from portal.epcis.api import blueprint as epcis

__all__ = ["epcis"]
