//! DER: as much as certificates, timestamps and certificate requests take.
//! <https://www.itu.int/rec/T-REC-X.690>

use crate::text;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of a context-specific element that holds others.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element: tag, length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length: Vec<u8> = content
        .len()
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect();
    match length.as_slice() {
        [] => bytes.push(0),
        [short @ 0..=127] => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// An element of that tag that holds others.
pub(crate) fn holding(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    holding(SEQUENCE, parts)
}

/// A `SET OF`: DER puts its elements in order.
pub(crate) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    holding(SET, &parts)
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, content)
}

/// A bit string of whole bytes.
pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], content].concat())
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(UTF8_STRING, text.as_bytes())
}

/// An integer that is not negative, from its bytes, most significant first.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let significant: Vec<u8> = bytes
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    let positive = significant.first().is_some_and(|first| *first < 0x80);
    let padding: &[u8] = if positive { &[] } else { &[0] };
    element(INTEGER, &[padding, &significant].concat())
}

pub(crate) fn number(number: u64) -> Vec<u8> {
    integer(&number.to_be_bytes())
}

/// An object identifier from its usual form, `1.2.840`.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted
        .split('.')
        .filter_map(|arc| arc.parse().ok())
        .collect();
    let mut content = Vec::new();
    if let [first, second, rest @ ..] = arcs.as_slice() {
        push_base128(&mut content, first * 40 + second);
        for arc in rest {
            push_base128(&mut content, *arc);
        }
    }
    element(OID, &content)
}

fn push_base128(content: &mut Vec<u8>, value: u64) {
    let seven = |shift: u32| u8::try_from(value >> shift & 0x7f).unwrap_or_default();
    for shift in (1..10).rev().map(|digit| digit * 7) {
        if value >> shift > 0 {
            content.push(0x80 | seven(shift));
        }
    }
    content.push(seven(0));
}

/// A time of a certificate; until 2049 it is a `UTCTime`.
pub(crate) fn time(unix: u64) -> Vec<u8> {
    let digits = time_digits(unix);
    match digits.strip_prefix("20") {
        Some(short) => element(UTC_TIME, short.as_bytes()),
        None => generalized_time(unix),
    }
}

pub(crate) fn generalized_time(unix: u64) -> Vec<u8> {
    element(GENERALIZED_TIME, time_digits(unix).as_bytes())
}

/// `20260101000000Z`
fn time_digits(unix: u64) -> String {
    text::rfc3339(unix).replace(['-', ':', 'T'], "")
}

/// An element as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// With tag and length.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// What it holds; `None` if that is not a list of elements.
    pub(crate) fn parts(&self) -> Option<Vec<Element<'a>>> {
        elements(self.content)
    }
}

/// The one element that the bytes are.
pub(crate) fn read(bytes: &[u8]) -> Option<Element<'_>> {
    match elements(bytes)?.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

fn elements(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (first, rest) = split(bytes)?;
        found.push(first);
        bytes = rest;
    }
    Some(found)
}

fn split(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, after) = bytes.split_first()?;
    let (first, after) = after.split_first()?;
    let (length, after) = match first {
        0..=0x7f => (usize::from(*first), after),
        0x81..=0x84 => {
            let (digits, after) = after.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, after)
        }
        _ => return None,
    };
    let (content, rest) = after.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    let tag = *tag;
    Some((
        Element {
            tag,
            content,
            whole,
        },
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_the_shortest_length() {
        assert_eq!(octets(&[]), [4, 0]);
        assert_eq!(octets(&[7; 127])[..2], [4, 127]);
        assert_eq!(octets(&[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(octets(&[7; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn integers_are_positive_and_short() {
        assert_eq!(number(0), [2, 1, 0]);
        assert_eq!(number(127), [2, 1, 127]);
        assert_eq!(number(128), [2, 2, 0, 128]);
        assert_eq!(integer(&[0, 0, 1, 2]), [2, 2, 1, 2]);
    }

    /// X.690, 8.19.5, and an arc of more than 14 bits.
    #[test]
    fn object_identifiers_are_base_128() {
        assert_eq!(oid("2.5.29.17"), [6, 3, 0x55, 29, 17]);
        assert_eq!(
            oid("1.3.6.1.4.1.57264.1.1"),
            [6, 10, 0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, 1]
        );
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(time(1_767_225_600), *b"\x17\x0d260101000000Z");
        assert_eq!(generalized_time(1_767_225_600), *b"\x18\x0f20260101000000Z");
    }

    #[test]
    fn what_was_written_is_read() {
        let inner = [octets(&[1; 200]), number(5)];
        let whole = sequence(&inner);
        let found = read(&whole).and_then(|outer| outer.parts());
        let found: Vec<&[u8]> = found.iter().flatten().map(|part| part.whole).collect();
        assert_eq!(found, inner);
        assert!(read(&whole[..whole.len() - 1]).is_none());
        assert!(read(&[4, 0x85, 0, 0, 0, 0, 1, 0]).is_none());
    }
}
