"""One file an adapter, all behind `protocol.Channel`, all held by one contract suite."""
