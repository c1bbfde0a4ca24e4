//! The `Range` header of a download: one range of bytes, as browsers and clients that resume send it.
//! <https://www.rfc-editor.org/rfc/rfc9110#name-range>

/// Which bytes a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// No range, or one in a form that servers ignore: several ranges, other units.
    Whole,
    /// First and last byte, both included.
    Part { first: u64, last: u64 },
    /// The range is outside of the file: to be refused with 416.
    Unsatisfiable,
}

/// Reads `bytes=a-b`, `bytes=a-` or `bytes=-n` for a file of that length.
pub(crate) fn requested(header: Option<&str>, length: u64) -> ByteRange {
    match header.and_then(|header| bounds(header, length)) {
        None => ByteRange::Whole,
        Some((first, last)) if first >= length || last < first => ByteRange::Unsatisfiable,
        Some((first, last)) => ByteRange::Part { first, last },
    }
}

fn bounds(header: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.saturating_sub(1);
    if first.is_empty() {
        return Some((length.saturating_sub(last.parse().ok()?), end));
    }
    let last = if last.is_empty() {
        end
    } else {
        last.parse::<u64>().ok()?.min(end)
    };
    Some((first.parse().ok()?, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_header_forms() {
        let part = |first, last| ByteRange::Part { first, last };
        for (header, wanted) in [
            (None, ByteRange::Whole),
            (Some("bytes=2-4"), part(2, 4)),
            (Some("bytes=2-"), part(2, 9)),
            (Some("bytes=-3"), part(7, 9)),
            (Some("bytes=5-100"), part(5, 9)),
            (Some("bytes=10-"), ByteRange::Unsatisfiable),
            (Some("bytes=4-2"), ByteRange::Unsatisfiable),
            (Some("bytes=0-1,3-4"), ByteRange::Whole),
            (Some("lines=1-2"), ByteRange::Whole),
        ] {
            assert_eq!(requested(header, 10), wanted, "{header:?}");
        }
    }
}
