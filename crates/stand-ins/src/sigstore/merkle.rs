//! The Merkle tree of a log.
//! <https://www.rfc-editor.org/rfc/rfc6962#section-2.1>

use super::keys::sha256;

pub(crate) type Hash = Vec<u8>;

pub(crate) fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry].concat())
}

fn node(left: &[u8], right: &[u8]) -> Hash {
    sha256(&[&[1], left, right].concat())
}

/// The hash of the tree with those leaves.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [one] => one.clone(),
        _ => {
            let (left, right) = leaves.split_at(left_size(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The hashes that lead from a leaf to the root, nearest first.
pub(crate) fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(left_size(leaves.len()));
    let (mut path, other) = match index.checked_sub(left.len()) {
        None => (path(left, index), right),
        Some(index) => (path(right, index), left),
    };
    path.push(root(other));
    path
}

/// The largest power of two below the size.
fn left_size(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962, 2.1.1, computes the root from a leaf's path.
    fn root_from(path: &[Hash], leaf: &Hash, mut index: usize, size: usize) -> Hash {
        let mut last = size - 1;
        let mut hash = leaf.clone();
        for sibling in path {
            if index % 2 == 1 || index == last {
                hash = node(sibling, &hash);
                while index.is_multiple_of(2) && index != 0 {
                    index /= 2;
                    last /= 2;
                }
            } else {
                hash = node(&hash, sibling);
            }
            index /= 2;
            last /= 2;
        }
        hash
    }

    #[test]
    fn every_path_leads_to_the_root() {
        for size in 1..20_usize {
            let entries = 0..u8::try_from(size).unwrap();
            let leaves: Vec<Hash> = entries.map(|entry| leaf(&[entry])).collect();
            for index in 0..size {
                let path = path(&leaves, index);
                let found = root_from(&path, &leaves[index], index, size);
                assert_eq!(found, root(&leaves), "{index} of {size}");
            }
        }
    }

    /// The first roots of the test data of Certificate Transparency.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let hex = |hash: Hash| crate::text::hex(&hash);
        assert_eq!(
            hex(root(&[])),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(root(&[leaf(&[])])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(
            hex(root(&[leaf(&[]), leaf(&[0])])),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }
}
