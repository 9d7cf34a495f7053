"""QR codes for pages: one SVG path with runs merged, level M, quiet zone of four modules."""

import qrcode
from markupsafe import Markup


def qr_svg(text: str, *, upper: bool = False) -> Markup:
    """Return an SVG of a text; `upper` keeps to the alphanumeric mode, for our own upper-case addresses."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    mode = qrcode.util.MODE_ALPHA_NUM if upper else None
    code.add_data(qrcode.util.QRData(text, mode=mode) if mode else text)
    code.make(fit=True)
    rows = code.get_matrix()
    parts: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if row[x]:
                run = 1
                while x + run < len(row) and row[x + run]:
                    run += 1
                parts.append(f"M{x} {y}h{run}v1h-{run}z")
                x += run
            else:
                x += 1
    size = len(rows)
    return Markup(  # noqa: S704  built from numbers alone
        f'<svg class="qr-code" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'shape-rendering="crispEdges" aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{"".join(parts)}"/></svg>'
    )
