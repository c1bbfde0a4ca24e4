//! PEM: base64 between two lines that say what it is.
//! <https://www.rfc-editor.org/rfc/rfc7468>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text + &format!("-----END {label}-----\n")
}

/// The first block of a text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN "));
    lines.next()?;
    let body: String = lines
        .take_while(|line| !line.starts_with("-----END "))
        .map(str::trim)
        .collect();
    STANDARD.decode(body).ok().filter(|der| !der.is_empty())
}
