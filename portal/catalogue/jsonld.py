"""A product page's facts for machines: schema.org Product and Offer as JSON-LD, safe inside a script element. Pure."""

import json
from typing import Any

from markupsafe import Markup

from portal.catalogue.models import Product


def product_jsonld(product: Product, *, url: str, images: list[str], seller: str) -> Markup:
    """Return the facts as one JSON text; a product without a price has no offer. `<` never stands in it."""
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "url": url,
        "image": images,
    }
    if product.description:
        facts["description"] = product.description
    if product.variants:
        variant = product.variants[0]
        sold_out = variant.stock_milli == 0
        facts["offers"] = {
            "@type": "Offer",
            "price": str(variant.price_minor),
            "priceCurrency": "VND",
            "availability": "https://schema.org/OutOfStock" if sold_out else "https://schema.org/InStock",
            "url": url,
            "seller": {"@type": "Organization", "name": seller},
        }
        if variant.gtin:
            facts["gtin14"] = variant.gtin
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
