"""Due work of people: messages that leave."""

from portal.people.sms import send_due
from portal.worker import Step

STEPS = (Step("sms", send_due, priority=2),)
