"""All pages of this subject: the public scan page and log, and the seller's stamps."""

from portal.stamps import lot_views as _lots
from portal.stamps import parcel_views as _parcels
from portal.stamps import pin_views as _pins
from portal.stamps import place_views as _places
from portal.stamps import print_views as _printing
from portal.stamps import void_views as _voiding
from portal.stamps.log_views import blueprint as log
from portal.stamps.my_views import blueprint as stamps
from portal.stamps.scan_views import blueprint as scan

__all__ = ["log", "scan", "stamps"]
_ON_THESE = (_lots, _parcels, _pins, _places, _printing, _voiding)  # their pages hang on the same blueprints
