"""The demo provinces: they act through actions and front doors, like people would."""
