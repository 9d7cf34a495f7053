"""Money that goes back: `asking` reserves it, `calls` asks the gateway, `booking` moves it in the journal."""
