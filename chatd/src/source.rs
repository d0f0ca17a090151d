//! Where people ask from who have not said who they are, as far as limits go: what counts as one.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Bits of an IPv6 address that name a customer's network, those that name what a home is given of them, and what one
/// customer may have (RFC 6177). Of IPv4 each address counts, and neighbours are who has the first three numbers in common.
const NETWORK_V6_BITS: u8 = 64;
const CUSTOMER_V6_BITS: u8 = 56;
const NEIGHBOURHOOD_V6_BITS: u8 = 48;
const NETWORK_V4_BITS: u8 = 32;
const NEIGHBOURHOOD_V4_BITS: u8 = 24;

/// Where a request comes from: a network or a user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// From elsewhere: an address, of IPv6 a network.
    Network(IpNet),
    /// From this machine, as this user of it.
    User(u32),
    /// From this machine; who it is is not known.
    Here,
}

impl Source {
    /// Gives what an address counts as.
    pub fn at(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_loopback() { Self::Here } else { Self::Network(one_counted(address)) }
    }

    /// Gives what it counts as, alone, with what else its customer is likely to have, and with its neighbours.
    pub(crate) fn levels(self) -> [Self; 3] {
        let customer = match self {
            Self::Network(network) => Self::Network(first_bits(network.addr(), NETWORK_V4_BITS, CUSTOMER_V6_BITS)),
            one => one,
        };
        [self, customer, self.neighbourhood()]
    }

    /// Gives what it counts as together with its neighbours.
    pub(crate) fn neighbourhood(self) -> Self {
        match self {
            Self::Network(network) => {
                Self::Network(first_bits(network.addr(), NEIGHBOURHOOD_V4_BITS, NEIGHBOURHOOD_V6_BITS))
            }
            one => one,
        }
    }
}

/// Gives what limits count as one address: of IPv6 the network, which is one customer's.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match Source::at(address) {
        Source::Network(network) => network.addr(),
        Source::User(_) | Source::Here => address.to_canonical(),
    }
}

fn one_counted(address: IpAddr) -> IpNet {
    first_bits(address, NETWORK_V4_BITS, NETWORK_V6_BITS)
}

fn first_bits(address: IpAddr, v4: u8, v6: u8) -> IpNet {
    let bits = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, bits).expect("no address has fewer bits").trunc()
}

/// What an operator reads and names: `192.0.2.1`, `2001:db8:1:2::/64`, `uid:1000`, `local`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => network.addr().fmt(f),
            Self::Network(network) => network.fmt(f),
            Self::User(uid) => write!(f, "uid:{uid}"),
            Self::Here => f.write_str("local"),
        }
    }
}

/// Why a text names no place that people ask from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither a network such as `192.0.2.1` or `2001:db8::/48`, nor a user such as `uid:1000`, nor `local`"
)]
pub struct SourceError(String);

/// Reads what `Display` wrote.
impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match text.parse()? {
            Sources::One(source) => Ok(source),
            Sources::Within(network) => Ok(Self::Network(network)),
        }
    }
}

/// Places that people ask from: one of this machine, or all within a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// One of this machine.
    One(Source),
    /// All whose address is of a network.
    Within(IpNet),
}

impl Sources {
    /// Tells whether a place is one of them.
    pub fn contains(&self, source: &Source) -> bool {
        match (self, source) {
            (Self::Within(network), Source::Network(of_source)) => network.contains(of_source),
            (one, source) => *one == Self::One(*source),
        }
    }
}

impl FromStr for Sources {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text == "local" {
            return Ok(Self::One(Source::Here));
        }
        if let Some(uid) = text.strip_prefix("uid:").and_then(|uid| uid.parse().ok()) {
            return Ok(Self::One(Source::User(uid)));
        }
        let network = || text.parse::<IpNet>().ok().map(|network| network.trunc());
        // An address means the network that it counts as.
        let address = || text.parse::<IpAddr>().ok().map(|address| one_counted(address.to_canonical()));
        address().or_else(network).map(Self::Within).ok_or_else(|| SourceError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Source {
        Source::at(text.parse().unwrap())
    }

    #[test]
    fn a_network_of_version_six_is_one_customer() {
        assert_eq!(at("2001:db8:1:2::5"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::5"), at("2001:db8:1:3::5"));
        assert_eq!(at("2001:db8:1:2::5").neighbourhood(), at("2001:db8:1:3::5").neighbourhood());
        assert_ne!(at("2001:db8:1:2::5").neighbourhood(), at("2001:db8:2:2::5").neighbourhood());
        assert_eq!(at("192.0.2.1").neighbourhood(), at("192.0.2.200").neighbourhood());
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), IpAddr::from([192, 0, 2, 1]));
        assert_eq!((at("::1"), at("::ffff:127.0.0.1")), (Source::Here, Source::Here));
        assert!(network("::1".parse().unwrap()).is_loopback());
    }

    #[test]
    fn what_is_written_can_be_read() {
        for (source, text) in [
            (at("192.0.2.1"), "192.0.2.1"),
            (at("2001:db8:1:2::5"), "2001:db8:1:2::/64"),
            (Source::User(1_000), "uid:1000"),
            (Source::Here, "local"),
        ] {
            assert_eq!(source.to_string(), text);
            assert_eq!(text.parse(), Ok(source));
        }
        for bad in ["", "here", "uid:", "uid:x", "192.0.2", "192.0.2.0/33", "example.com"] {
            assert!(bad.parse::<Sources>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_operator_names_a_network() {
        let holds = |sources: &str, source: Source| sources.parse::<Sources>().unwrap().contains(&source);
        assert!(holds("192.0.2.1", at("192.0.2.1")) && !holds("192.0.2.1", at("192.0.2.2")));
        assert!(holds("192.0.2.0/24", at("192.0.2.2")) && holds("192.0.2.77/24", at("192.0.2.2")));
        assert!(holds("2001:db8:1::/48", at("2001:db8:1:2::5")) && !holds("2001:db8:1::/48", at("2001:db8:2:2::5")));
        assert!(holds("2001:db8:1:2::5", at("2001:db8:1:2::9")), "an address stands for what it counts as");
        assert!(holds("uid:1000", Source::User(1_000)) && !holds("uid:1000", Source::User(1_001)));
        assert!(holds("local", Source::Here) && !holds("local", Source::User(1_000)));
        assert!(!holds("0.0.0.0/0", Source::Here));
    }
}
