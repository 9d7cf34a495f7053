"""Due work of receipts: asking the issuer about invoices, where there is one."""

from portal.receipts.invoicing import issuer_step
from portal.worker import Step

STEPS = (Step("receipts.invoices", issuer_step, priority=5, every_s=2.0),)
