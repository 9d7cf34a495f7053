# pragma version 0.4.3
# pragma evm-version paris
"""
@title Anchors
@notice Keeps, for each log, the largest size that was anchored. A size once anchored cannot be taken back or replaced.
"""

event Anchored:
    origin: indexed(bytes32)
    size: indexed(uint64)
    root: bytes32

event SenderSet:
    sender: indexed(address)

# Who may replace the sender.
owner: public(address)
# The one account that may anchor.
sender: public(address)
# The block of the deployment: nobody needs to look for events before it.
since: public(uint256)
# SHA-256 of a log's origin line -> the largest size anchored.
sizes: public(HashMap[bytes32, uint64])


@deploy
def __init__(sender: address):
    self.owner = msg.sender
    self.since = block.number
    self._set(sender)


@external
def set_sender(sender: address):
    assert msg.sender == self.owner, "not the owner"
    self._set(sender)


@external
def anchor(origin: bytes32, size: uint64, root: bytes32):
    assert msg.sender == self.sender, "not the sender"
    assert size > self.sizes[origin], "not larger"
    self.sizes[origin] = size
    log Anchored(origin=origin, size=size, root=root)


@internal
def _set(sender: address):
    assert sender != empty(address), "no sender"
    self.sender = sender
    log SenderSet(sender=sender)
