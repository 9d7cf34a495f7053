"""What belongs to no subject: health, metrics, language, the components page."""
