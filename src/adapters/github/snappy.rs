//! Snappy's block format, which GitHub stores bundles in
//! (<https://github.com/google/snappy/blob/1.2.2/format_description.txt>).

/// The most bytes that are made of a block.
const MOST: usize = 16 << 20;

/// The decompressed bytes; `None` for what is no block, or would be larger than 16 MiB.
pub(super) fn decompress(block: &[u8]) -> Option<Vec<u8>> {
    let mut rest = block;
    let size = usize::try_from(varint(&mut rest)?).ok()?;
    if size > MOST {
        return None;
    }
    let mut out = Vec::with_capacity(size.min(block.len().saturating_mul(8)));
    while let Some(tag) = rest.first().copied() {
        rest = rest.get(1..)?;
        let upper = usize::from(tag >> 2);
        let (length, offset) = match tag & 3 {
            0 => {
                let length = match upper {
                    0..60 => upper,
                    _ => little_endian(&mut rest, upper - 59)?,
                };
                let length = length.checked_add(1)?;
                out.extend_from_slice(rest.get(..length)?);
                rest = rest.get(length..)?;
                (0, 1)
            }
            1 => {
                let high = usize::from(tag >> 5) << 8;
                (4 + (upper & 7), high | little_endian(&mut rest, 1)?)
            }
            2 => (upper + 1, little_endian(&mut rest, 2)?),
            _ => (upper + 1, little_endian(&mut rest, 4)?),
        };
        // What is copied may overlap with what it becomes.
        for _ in 0..length {
            let from = out.len().checked_sub(offset)?;
            let byte = *out.get(from)?;
            out.push(byte);
        }
        if out.len() > size {
            return None;
        }
    }
    (out.len() == size).then_some(out)
}

fn varint(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn little_endian(rest: &mut &[u8], bytes: usize) -> Option<usize> {
    let (number, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    let digits = number.iter().rev();
    Some(digits.fold(0, |value, byte| value << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_copies_are_put_together() {
        // "Wikipedia is a free, web-based, …" is not needed: one literal, one overlapping copy of each kind.
        let literal = [&[5, 4 << 2][..], b"abcde"].concat();
        assert_eq!(decompress(&literal).unwrap(), b"abcde");
        let short = [&[9, 1 << 2][..], b"ab", &[3 << 2 | 1, 2]].concat();
        assert_eq!(decompress(&short).unwrap(), b"ababababa");
        let long = [&[8, 1 << 2][..], b"ab", &[5 << 2 | 2, 1, 0]].concat();
        assert_eq!(decompress(&long).unwrap(), b"abbbbbbb");
        let longest = [&[4, 1 << 2][..], b"ab", &[1 << 2 | 3, 2, 0, 0, 0]].concat();
        assert_eq!(decompress(&longest).unwrap(), b"abab");
        let text = vec![b'x'; 70];
        let with_length = [&[70, 60 << 2, 69][..], &text].concat();
        assert_eq!(decompress(&with_length).unwrap(), text);
        assert_eq!(decompress(&[0]).unwrap(), b"");
    }

    #[test]
    fn damaged_blocks_are_refused() {
        let good = [&[9, 1 << 2][..], b"ab", &[3 << 2 | 1, 2]].concat();
        for length in 0..good.len() {
            assert_eq!(decompress(&good[..length]), None);
        }
        for block in [
            &[5, 1 << 2, b'a', b'b'][..],
            &[1, 1 << 2, b'a', b'b'],
            &[9, 1 << 2, b'a', b'b', 3 << 2 | 1, 3],
            &[9, 1 << 2, b'a', b'b', 3 << 2 | 1, 0],
            &[0xff, 0xff, 0xff, 0xff, 0x0f],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[],
        ] {
            assert_eq!(decompress(block), None, "{block:?}");
        }
    }
}
