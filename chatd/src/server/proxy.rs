//! Requests that come through a proxy: the client's address, as trusted proxies give it.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;

use crate::config::Network;

/// The header in which each proxy adds the address that it was asked by.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client of a request, with or without a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// No proxy: the connected peer is the client.
    Direct,
    /// Somebody at this address.
    At(IpAddr),
    /// Somebody, but the proxy did not say who in a way that can be read.
    Unknown,
}

/// Finds the client's address: of the addresses in the header, the last that is not a trusted proxy. Those before it may be
/// invented.
pub(super) fn asker(headers: &HeaderMap, proxies: &[Network]) -> Asker {
    let told = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let told = told.flat_map(|value| value.split(',')).map(str::trim).collect::<Vec<_>>();
    if told.is_empty() {
        return if was_forwarded(headers) { Asker::Unknown } else { Asker::Direct };
    }
    let told = told.into_iter().rev().map(address);
    for address in told {
        match address {
            None => return Asker::Unknown,
            Some(address) if !proxies.iter().any(|proxy| proxy.contains(address)) => return Asker::At(address),
            Some(_) => {}
        }
    }
    // They ask themselves, such as whether we are well.
    Asker::Direct
}

/// Reads an address as proxies write it: with or without a port, that of IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// Tells whether a request came through a proxy, named in the settings or not: then the system's Unix user is the
/// proxy's, not the client's.
pub(crate) fn was_forwarded(headers: &HeaderMap) -> bool {
    let by_proxies = ["forwarded", "via", "x-real-ip"];
    let name_of_a_proxy = |name: &str| by_proxies.contains(&name) || name.starts_with("x-forwarded-");
    headers.keys().any(|name| name_of_a_proxy(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(values: &[&str]) -> Asker {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].map(|text| Network::try_from(text.to_owned()).unwrap());
        asker(&headers, &proxies)
    }

    #[test]
    fn the_last_who_is_no_proxy_asks() {
        let at = |text: &str| Asker::At(text.parse().unwrap());
        assert_eq!(asks(&[]), Asker::Direct);
        assert_eq!(asks(&["192.0.2.1"]), at("192.0.2.1"));
        assert_eq!(asks(&["198.51.100.9, 192.0.2.1"]), at("192.0.2.1"), "the first is made up");
        assert_eq!(asks(&["192.0.2.1, 10.1.2.3", "127.0.0.1"]), at("192.0.2.1"));
        assert_eq!(asks(&["2001:db8::1,fd00::5"]), at("2001:db8::1"));
        assert_eq!(asks(&["::ffff:192.0.2.1"]), at("192.0.2.1"));
        assert_eq!(asks(&["192.0.2.1:4711"]), at("192.0.2.1"));
        assert_eq!(asks(&["[2001:db8::1]:4711"]), at("2001:db8::1"));
        assert_eq!(asks(&["[2001:db8::1]"]), at("2001:db8::1"));
        for unreadable in ["192.0.2.1, unknown", "192.0.2.1,", "", "_hidden"] {
            assert_eq!(asks(&[unreadable]), Asker::Unknown, "{unreadable}");
        }
        assert_eq!(asks(&["10.1.2.3"]), Asker::Direct, "a proxy looks after us");
        let other = HeaderMap::from_iter([(hyper::header::FORWARDED, "for=192.0.2.1".parse().unwrap())]);
        assert_eq!(asker(&other, &[]), Asker::Unknown);
        assert!(Network::try_from("10.0.0.0/33".to_owned()).is_err());
    }
}
