"""Which network addresses anybody on the internet would reach the same machine under."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")  # all that has been given out; within it is_global knows the exceptions
DOCUMENTED_V6 = ipaddress.IPv6Network("3fff::/20")  # RFC 9637, younger than is_global
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an address of the old kind within one of the new


def is_public(address: Address) -> bool:
    """Whether anybody on the internet would reach the same machine under it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    translated = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else None
    within = address.ipv4_mapped or address.sixtofour or translated
    if within:
        return is_public(within)
    return address in PUBLIC_V6 and address not in DOCUMENTED_V6 and address.is_global and not address.teredo
