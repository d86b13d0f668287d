"""A connection in, the key under which its visitor's requests are counted out."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(proxies: Sequence[str]) -> list[Network]:
    return [ipaddress.ip_network(proxy) for proxy in proxies]


def visitor(scope: Scope, proxies: Sequence[Network]) -> str:
    """The right-most hop that is not one of the owner's proxies; of IPv6 its network of 64 bits.

    Hops to the left of that were written by whoever sent the request, and count for nothing.
    """
    hop = _address((scope.get("client") or ("", 0))[0])
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    while forwarded and hop is not None and any(hop in network for network in proxies):
        before = _address(forwarded.pop())
        if before is None:
            break
        hop = before
    if isinstance(hop, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((hop, 64), strict=False))
    return str(hop)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
