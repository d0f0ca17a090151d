//! Addresses, and what connections are encrypted with.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Deserialize;

/// An address, or all that begin alike: `192.0.2.1`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    /// Tells whether an address belongs to it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.map(Self)
            .ok_or_else(|| format!("`{text}` is not an address or network such as `192.0.2.1` or `10.0.0.0/8`"))
    }
}

/// What connections over TCP are encrypted with; on Unix sockets nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsFiles {
    /// File with the certificate and those that vouch for it, in PEM form.
    pub cert: Option<PathBuf>,
    /// File with its private key.
    pub key: Option<PathBuf>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
}

impl TlsFiles {
    /// Gives certificate and key, if connections are to be encrypted.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        self.cert.as_deref().zip(self.key.as_deref())
    }
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    #[default]
    #[serde(rename = "1.3")]
    V1_3,
}
