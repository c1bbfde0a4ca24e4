//! Decides where a password or a token request may be sent.
//!
//! The registry chooses the realm of a challenge freely ([docker token authentication specification][1]). A hostile or
//! broken registry could name the metadata service of a cloud or a machine in the runner's network. The realm's address
//! therefore must not be in a more private network than the registry's own. The address is checked where the client
//! resolves the name, so that the checked address is the one that is connected to.
//!
//! [1]: https://distribution.github.io/distribution/spec/auth/token/

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use url::Host;

use crate::adapters::http::{AddressCheck, AddressRefused, Http};
use crate::domain::urls::is_loopback;

/// From where an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    Public,
    Private,
    LinkLocal,
    Loopback,
}

/// Which addresses the realm of one registry may have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RealmRule {
    /// The realm as the registry wrote it, and the registry's host, for messages.
    described: String,
    /// The name that is resolved; a client may resolve other names as well, such as that of a proxy.
    host: String,
    allowed: Allowed,
}

#[derive(Debug, PartialEq, Eq)]
enum Allowed {
    /// The realm is at the registry's own host.
    Any,
    /// Public addresses, and those in the zones of the registry.
    PublicAnd(Vec<Zone>),
    /// Plain HTTP must not leave this machine.
    LoopbackOnly,
}

impl RealmRule {
    /// The rule for a realm.
    ///
    /// # Errors
    ///
    /// The reason as a text, when the realm is refused regardless of the addresses of its name.
    pub(super) async fn new(
        realm: &Url,
        registry: &Url,
        http: &Http,
    ) -> Result<Self, AddressRefused> {
        let described = format!(
            "{} sends for a token to {:?}",
            registry.host_str().unwrap_or_default(),
            realm.as_str()
        );
        let refused = |why: &str| AddressRefused(format!("{described}, which {why}"));
        let allowed = match realm.scheme() {
            "http" if is_loopback(realm) && is_loopback(registry) => Allowed::LoopbackOnly,
            "https" if realm.host() == registry.host() => Allowed::Any,
            "https" => Allowed::PublicAnd(zones(registry, http).await),
            _ => return Err(refused("is not HTTPS")),
        };
        let known = match realm.host() {
            Some(Host::Ipv4(ip)) => Some(zone(ip.into())),
            Some(Host::Ipv6(ip)) => Some(zone(ip.into())),
            Some(Host::Domain(_)) if is_loopback(realm) => Some(Zone::Loopback),
            Some(Host::Domain(_)) => None,
            None => return Err(refused("names no host")),
        };
        if let Some(why) = known.and_then(|zone| allowed.refuses(zone)) {
            return Err(refused(why));
        }
        Ok(Self {
            host: realm.host_str().unwrap_or_default().to_owned(),
            described,
            allowed,
        })
    }
}

impl AddressCheck for RealmRule {
    fn check(&self, name: &str, addresses: &[IpAddr]) -> Result<(), AddressRefused> {
        if !name.eq_ignore_ascii_case(&self.host) {
            return Ok(());
        }
        let why = addresses
            .iter()
            .find_map(|address| self.allowed.refuses(zone(*address)));
        match why {
            Some(why) => Err(AddressRefused(format!("{}, which {why}", self.described))),
            None => Ok(()),
        }
    }
}

impl Allowed {
    /// Why an address in the zone is refused; `None` where it is allowed.
    fn refuses(&self, zone: Zone) -> Option<&'static str> {
        match (self, zone) {
            (Self::Any, _)
            | (Self::LoopbackOnly, Zone::Loopback)
            | (Self::PublicAnd(_), Zone::Public) => None,
            (Self::LoopbackOnly, _) => Some("is not HTTPS"),
            (Self::PublicAnd(zones), zone) if zones.contains(&zone) => None,
            (_, Zone::Loopback) => Some("is on this machine, which the registry is not"),
            (_, Zone::LinkLocal) => Some("is on a link-local address, which the registry is not"),
            (_, Zone::Private) => Some("is on a private address, which the registry is not"),
        }
    }
}

/// The zones of all addresses of a host. None where its name cannot be resolved here, as behind a proxy that does it.
async fn zones(url: &Url, http: &Http) -> Vec<Zone> {
    match url.host() {
        Some(Host::Ipv4(ip)) => vec![zone(ip.into())],
        Some(Host::Ipv6(ip)) => vec![zone(ip.into())],
        Some(Host::Domain(_)) if is_loopback(url) => vec![Zone::Loopback],
        Some(Host::Domain(name)) => {
            let found = http.addresses(name).await.unwrap_or_default();
            found.into_iter().map(zone).collect()
        }
        None => Vec::new(),
    }
}

fn zone(ip: IpAddr) -> Zone {
    match ip.to_canonical() {
        IpAddr::V4(v4) => match v4.octets() {
            [127, ..] => Zone::Loopback,
            [169, 254, ..] => Zone::LinkLocal,
            // Private use, "this network", the shared space of carriers, benchmarks, multicast and reserved
            // (RFC 1918, RFC 6890).
            [0 | 10 | 224.., ..]
            | [192, 168, ..]
            | [172, 16..=31, ..]
            | [100, 64..=127, ..]
            | [198, 18..=19, ..] => Zone::Private,
            _ => Zone::Public,
        },
        IpAddr::V6(v6) => {
            if let Some(v4) = embedded(v6) {
                zone(v4.into())
            } else if v6.is_loopback() {
                Zone::Loopback
            } else if v6.is_unicast_link_local() {
                Zone::LinkLocal
            } else if v6.is_unique_local()
                || v6.is_unspecified()
                || v6.is_multicast()
                // Site-local, which RFC 3879 gave up.
                || (v6.to_bits() >> 112 & 0xffc0) == 0xfec0
            {
                Zone::Private
            } else {
                Zone::Public
            }
        }
    }
}

/// The IPv4 address that an IPv6 address leads to: IPv4-compatible (RFC 4291), NAT64 (RFC 6052) or 6to4 (RFC 3056).
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => (high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::adapters::http::{HttpSettings, NameLookup};

    #[test]
    fn addresses_that_are_not_global_are_not_public() {
        for (text, expected) in [
            ("8.8.8.8", Zone::Public),
            ("2001:4860:4860::8888", Zone::Public),
            ("64:ff9b::808:808", Zone::Public),
            ("127.0.0.1", Zone::Loopback),
            ("::ffff:127.0.0.1", Zone::Loopback),
            ("::127.0.0.1", Zone::Loopback),
            ("::1", Zone::Loopback),
            ("169.254.169.254", Zone::LinkLocal),
            ("64:ff9b::a9fe:a9fe", Zone::LinkLocal),
            ("2002:a9fe:a9fe::1", Zone::LinkLocal),
            ("64:ff9b::a00:1", Zone::Private),
            ("198.18.0.1", Zone::Private),
            ("224.0.0.1", Zone::Private),
            ("255.255.255.255", Zone::Private),
            ("fec0::1", Zone::Private),
            ("ff02::1", Zone::Private),
            ("::", Zone::Private),
        ] {
            assert_eq!(zone(text.parse().unwrap()), expected, "{text}");
        }
    }

    /// A registry at a private address, behind a name.
    #[derive(Debug)]
    struct PrivateName;

    #[async_trait::async_trait]
    impl NameLookup for PrivateName {
        async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            match name {
                "private.example" => Ok(vec!["10.0.0.1".parse().unwrap()]),
                _ => Err(io::Error::other("no such name")),
            }
        }
    }

    async fn rule(registry: &str, realm: &str) -> Result<RealmRule, AddressRefused> {
        let http = Http::with_lookup(&HttpSettings::default(), Arc::new(PrivateName)).unwrap();
        RealmRule::new(&realm.parse().unwrap(), &registry.parse().unwrap(), &http).await
    }

    /// A realm, and why it is refused.
    type Case = (&'static str, Option<&'static str>);

    /// Realms of a registry at a public address.
    const PUBLIC: &[Case] = &[
        ("https://8.8.4.4/token", None),
        ("http://8.8.4.4/token", Some("HTTPS")),
        ("http://127.0.0.1/token", Some("HTTPS")),
        ("https://127.0.0.1/token", Some("this machine")),
        ("https://localhost/token", Some("this machine")),
        ("https://[::1]/token", Some("this machine")),
        ("https://[::ffff:127.0.0.1]/", Some("this machine")),
        ("https://10.1.2.3/token", Some("private")),
        ("https://100.100.0.1/token", Some("private")),
        ("https://[fd00::1]/token", Some("private")),
        ("https://0.0.0.0/token", Some("private")),
        ("https://169.254.169.254/", Some("link-local")),
    ];

    /// Realms of a registry at a private address.
    const PRIVATE: &[Case] = &[
        ("https://169.254.169.254/", Some("link-local")),
        ("https://10.0.0.2/token", None),
        ("http://10.0.0.1/token", Some("HTTPS")),
    ];

    /// Realms of a registry on this machine.
    const LOOPBACK: &[Case] = &[("http://127.0.0.1:5001/token", None)];

    /// Realms of a registry on this machine, by its name.
    const LOCALHOST: &[Case] = &[
        ("http://127.0.0.1:5001/token", None),
        ("http://10.0.0.1/token", Some("HTTPS")),
        ("https://10.0.0.1/token", Some("private")),
        ("ftp://localhost/token", Some("HTTPS")),
    ];

    fn expect(
        registry: &str,
        realm: &str,
        why: Option<&str>,
        outcome: &Result<(), AddressRefused>,
    ) {
        match why {
            None => assert_eq!(*outcome, Ok(()), "{registry} {realm}"),
            Some(why) => assert!(
                outcome.as_ref().is_err_and(|e| e.to_string().contains(why)),
                "{registry} {realm}: {outcome:?}"
            ),
        }
    }

    #[tokio::test]
    async fn realm_must_be_https_and_in_no_more_private_network_than_the_registry() {
        for (registry, cases) in [
            ("https://8.8.8.8/", PUBLIC),
            ("https://10.0.0.1/", PRIVATE),
            ("http://127.0.0.1:5000/", LOOPBACK),
            ("http://localhost:5000/", LOCALHOST),
        ] {
            for (realm, why) in cases {
                let outcome = rule(registry, realm).await.map(drop);
                expect(registry, realm, *why, &outcome);
            }
        }
    }

    #[tokio::test]
    async fn addresses_of_a_realm_are_refused_like_literal_ones() {
        let (outside, inside) = ("https://8.8.8.8/", "https://private.example/");
        let local = (
            "http://127.0.0.1:5000/",
            "http://tokens.localhost:5001/token",
        );
        let realm = "https://tokens.example/token";
        for ((registry, realm), addresses, why) in [
            ((outside, realm), &["8.8.4.4"][..], None),
            ((outside, realm), &["8.8.4.4", "10.0.0.2"], Some("private")),
            ((outside, realm), &["127.0.0.1"], Some("this machine")),
            ((outside, realm), &["::1"], Some("this machine")),
            ((outside, realm), &["169.254.169.254"], Some("link-local")),
            ((inside, realm), &["10.0.0.2", "8.8.4.4"], None),
            ((inside, realm), &["169.254.169.254"], Some("link-local")),
            // At the registry's own host, its own address is as good as any.
            (
                (inside, "https://private.example/token"),
                &["127.0.0.1"],
                None,
            ),
            // A registry whose name cannot be resolved here counts as a public one.
            (
                ("https://unknown.example/", realm),
                &["10.0.0.2"],
                Some("private"),
            ),
            (local, &["127.0.0.1", "::1"], None),
            (local, &["127.0.0.1", "8.8.4.4"], Some("HTTPS")),
        ] {
            let rule = rule(registry, realm).await.unwrap();
            let host = Url::parse(realm).unwrap().host_str().unwrap().to_owned();
            let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
            expect(registry, realm, why, &rule.check(&host, &addresses));
            // A proxy may be anywhere.
            assert_eq!(rule.check("proxy.example", &addresses), Ok(()));
        }
    }
}
