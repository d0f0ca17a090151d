//! Requests that come through a proxy: who asks, by the word of proxies that are named in the settings.

use std::net::IpAddr;

use hyper::HeaderMap;

use crate::config::Network;

/// The header in which each proxy adds the address that it was asked by.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Gives the address of who asked the first of the proxies: of those that are told, the last that is none of them.
/// What stands before it may be anybody's invention. `None` when nothing is told, or nothing that is an address.
pub(super) fn forwarded_for(headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let told = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let told = told.flat_map(|value| value.split(',')).map(str::trim).collect::<Vec<_>>();
    for address in told.into_iter().rev() {
        let address = address.parse::<IpAddr>().ok()?.to_canonical();
        if !proxies.iter().any(|proxy| proxy.contains(address)) {
            return Some(address);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].map(|text| Network::try_from(text.to_owned()).unwrap());
        forwarded_for(&headers, &proxies).map(|address| address.to_string())
    }

    #[test]
    fn the_last_who_is_no_proxy_asks() {
        assert_eq!(address(&[]), None);
        assert_eq!(address(&["192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(address(&["198.51.100.9, 192.0.2.1"]).as_deref(), Some("192.0.2.1"), "the first is made up");
        assert_eq!(address(&["192.0.2.1, 10.1.2.3", "127.0.0.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(address(&["2001:db8::1,fd00::5"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(address(&["::ffff:192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(address(&["192.0.2.1, unknown"]), None);
        assert_eq!(address(&["10.1.2.3"]), None);
        assert!(Network::try_from("10.0.0.0/33".to_owned()).is_err());
    }
}
