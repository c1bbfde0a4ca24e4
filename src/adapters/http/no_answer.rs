//! Why a request has no answer, and whether another attempt could have one.

use std::error::Error as StdError;
use std::io;

use reqwest::Url;
use rustls::CertificateError;

use super::client::Http;
use super::describe::describe;
use crate::domain::{Code, Diagnostic};
use crate::protocol::Cause;

impl Http {
    /// Why a request to the URL has no answer: [`Cause::Unknown`] where another attempt could have one. A proxy that the request
    /// goes through is named.
    pub(crate) fn no_answer(&self, url: &Url, error: &(dyn StdError + 'static)) -> Cause {
        let through = self.through(url);
        match certificate_error(error) {
            Some(why) => refused_certificate(url, why, &through),
            None => Cause::Unknown {
                detail: describe(error) + &through,
            },
        }
    }

    /// The proxy on the way to the URL, as the end of a message.
    fn through(&self, url: &Url) -> String {
        let Some(proxy) = self.proxy_to(url) else {
            return String::new();
        };
        let variable = match url.scheme() {
            "https" => "HTTPS_PROXY",
            _ => "HTTP_PROXY",
        };
        format!(
            ", through the proxy {proxy} ({variable} or ALL_PROXY; NO_PROXY names what is reached without it)"
        )
    }
}

/// Another attempt would meet the same certificate.
fn refused_certificate(url: &Url, why: &CertificateError, through: &str) -> Cause {
    let host = url.host_str().unwrap_or_default();
    let mut words = why.to_string();
    let help = match why {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "set the clock of this machine, or have the certificate renewed"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "check the address: the certificate is for another name"
        }
        CertificateError::Other(_) if is_of_authority(why) => {
            words = "it is the certificate of an authority, which a server may not use".into();
            "give the server a certificate that the authority issued, or one with basicConstraints=CA:FALSE, which \
             `openssl req -x509` makes only if told so"
        }
        _ => {
            if *why == CertificateError::UnknownIssuer {
                words = "its authority is not known here".into();
            }
            "if this authority is to be trusted, such as a company's own, name a file with its certificate as PEM: \
             SSL_CERT_FILE=/path/of/ca.pem; the usual authorities are built in"
        }
    };
    let seen = format!("the certificate of {host} is not accepted: {words}{through}");
    Cause::Explained(Box::new(Diagnostic::error(
        Code::CertificateRefused,
        seen,
        help,
    )))
}

/// A server that shows a certificate that may sign others: trusting it would not help.
fn is_of_authority(why: &CertificateError) -> bool {
    let CertificateError::Other(other) = why else {
        return false;
    };
    let refused: Option<&webpki::Error> = other.0.downcast_ref();
    matches!(refused, Some(webpki::Error::CaUsedAsEndEntity))
}

/// What is wrong with the certificate of the server, if that is why a request failed.
fn certificate_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CertificateError> {
    let mut next = Some(error);
    while let Some(mut error) = next {
        next = error.source();
        // An I/O error that is asked for its source skips the error that it wraps.
        while let Some(wrapped) = error.downcast_ref().and_then(io::Error::get_ref) {
            error = wrapped;
        }
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(why);
        }
    }
    None
}
