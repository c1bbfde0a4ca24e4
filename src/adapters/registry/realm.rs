//! Where a registry may send us for a token: its word alone must not carry a password to a machine inside our network.
//!
//! The realm of a challenge is whatever the registry writes ([docker token authentication specification][1]), so a hostile
//! or broken one could name the metadata service of a cloud or a neighbour of the runner.
//!
//! [1]: https://distribution.github.io/distribution/spec/auth/token/

use std::net::IpAddr;

use reqwest::Url;
use url::Host;

/// How far away an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    Public,
    Private,
    LinkLocal,
    Loopback,
}

/// Refuses a realm that is not HTTPS, or that lies in an inner zone where the registry itself does not.
pub(super) async fn check(realm: &Url, registry: &Url) -> Result<(), String> {
    let here = zones(registry).await;
    let there = zones(realm).await;
    if realm.scheme() != "https" {
        let at_home =
            |zones: &[Zone]| !zones.is_empty() && zones.iter().all(|z| *z == Zone::Loopback);
        if realm.scheme() != "http" || !at_home(&here) || !at_home(&there) {
            return Err("is not HTTPS".into());
        }
    }
    if realm.host() == registry.host() {
        return Ok(());
    }
    match there
        .into_iter()
        .find(|zone| *zone != Zone::Public && !here.contains(zone))
    {
        Some(Zone::Loopback) => Err("is on this machine, which the registry is not".into()),
        Some(zone) => Err(format!(
            "is on a {} address, which the registry is not",
            if zone == Zone::LinkLocal {
                "link-local"
            } else {
                "private"
            }
        )),
        None => Ok(()),
    }
}

/// The zones of all addresses that the host of a URL has. None where the name cannot be looked up here, as behind a proxy,
/// which then does the looking up and stands where it stands.
async fn zones(url: &Url) -> Vec<Zone> {
    match url.host() {
        Some(Host::Ipv4(ip)) => vec![zone(ip.into())],
        Some(Host::Ipv6(ip)) => vec![zone(ip.into())],
        // RFC 6761 §6.3: these are always this machine.
        Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => {
            vec![Zone::Loopback]
        }
        Some(Host::Domain(name)) => {
            let port = url.port_or_known_default().unwrap_or(443);
            tokio::net::lookup_host((name, port))
                .await
                .map(|found| found.map(|address| zone(address.ip())).collect())
                .unwrap_or_default()
        }
        None => Vec::new(),
    }
}

fn zone(ip: IpAddr) -> Zone {
    match ip.to_canonical() {
        IpAddr::V4(v4) => match v4.octets() {
            [127, ..] => Zone::Loopback,
            [169, 254, ..] => Zone::LinkLocal,
            // Private use, "this network" and the shared space of carriers (RFC 1918, RFC 6890).
            [0 | 10, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => {
                Zone::Private
            }
            _ => Zone::Public,
        },
        IpAddr::V6(v6) => {
            if v6.is_loopback() {
                Zone::Loopback
            } else if v6.is_unicast_link_local() {
                Zone::LinkLocal
            } else if v6.is_unique_local() || v6.is_unspecified() {
                Zone::Private
            } else {
                Zone::Public
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_realm_is_https_and_no_further_inside_than_the_registry() {
        for (registry, realm, why) in [
            ("https://8.8.8.8/", "https://8.8.4.4/token", None),
            ("https://8.8.8.8/", "http://8.8.4.4/token", Some("HTTPS")),
            ("https://8.8.8.8/", "http://127.0.0.1/token", Some("HTTPS")),
            (
                "https://8.8.8.8/",
                "https://127.0.0.1/token",
                Some("this machine"),
            ),
            (
                "https://8.8.8.8/",
                "https://localhost/token",
                Some("this machine"),
            ),
            (
                "https://8.8.8.8/",
                "https://[::1]/token",
                Some("this machine"),
            ),
            (
                "https://8.8.8.8/",
                "https://[::ffff:127.0.0.1]/",
                Some("this machine"),
            ),
            (
                "https://8.8.8.8/",
                "https://10.1.2.3/token",
                Some("private"),
            ),
            (
                "https://8.8.8.8/",
                "https://100.100.0.1/token",
                Some("private"),
            ),
            (
                "https://8.8.8.8/",
                "https://[fd00::1]/token",
                Some("private"),
            ),
            ("https://8.8.8.8/", "https://0.0.0.0/token", Some("private")),
            (
                "https://8.8.8.8/",
                "https://169.254.169.254/",
                Some("link-local"),
            ),
            (
                "https://10.0.0.1/",
                "https://169.254.169.254/",
                Some("link-local"),
            ),
            ("https://10.0.0.1/", "https://10.0.0.2/token", None),
            ("https://10.0.0.1/", "http://10.0.0.1/token", Some("HTTPS")),
            (
                "http://127.0.0.1:5000/",
                "http://127.0.0.1:5001/token",
                None,
            ),
            (
                "http://localhost:5000/",
                "http://127.0.0.1:5001/token",
                None,
            ),
            (
                "http://localhost:5000/",
                "http://10.0.0.1/token",
                Some("HTTPS"),
            ),
            (
                "http://localhost:5000/",
                "https://10.0.0.1/token",
                Some("private"),
            ),
            (
                "http://localhost:5000/",
                "ftp://localhost/token",
                Some("HTTPS"),
            ),
        ] {
            let said = check(&realm.parse().unwrap(), &registry.parse().unwrap()).await;
            match why {
                None => assert_eq!(said, Ok(()), "{registry} {realm}"),
                Some(why) => assert!(
                    said.as_ref().is_err_and(|e| e.contains(why)),
                    "{registry} {realm}: {said:?}"
                ),
            }
        }
    }
}
